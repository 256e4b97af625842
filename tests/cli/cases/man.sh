# Every page exists, names itself and is accepted by scdoc where that is there.
for page in $(resile --man); do
    resile --man "$page" >page.scd || exit
    head -1 page.scd
    if command -v scdoc >/dev/null; then scdoc <page.scd >page || exit; fi
done
resile --man nonsense
echo "exit $?"
