# Every page exists, names itself and is accepted by scdoc where that is there.
resile --man >pages || exit
for page in $(cat pages); do
    name=resile-$page
    [ "$page" != resile ] || name=resile
    resile --man "$page" >page.scd || exit
    [ "$(head -1 page.scd)" = "$name(1)" ] || echo "page $page starts with $(head -1 page.scd)"
    grep -q '^# SYNOPSIS$' page.scd || echo "page $page has no synopsis"
    if command -v scdoc >/dev/null; then scdoc <page.scd >page || exit; fi
done
grep -x -e resile -e eval -e completion pages
resile --man nonsense
echo "exit $?"
