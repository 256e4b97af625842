#!/bin/sh
# usage: run.sh RESILE MADE_STORE CHECK.js [large|networks]
# Opens a report in headless Chromium, with CHECK.js behind it, which compares the page with what
# `resile results` says and tries what a reader would. `large`: of a store of 10,000 points, and in
# real time; otherwise waiting costs no time. `networks`: of two stores of different networks.
set -eu
resile=$1 made_store=$2 check=$3 large= networks=
case ${4-} in large) large=large ;; networks) networks=other.db ;; esac
browser=
for name in chromium chromium-headless-shell chromium-browser google-chrome; do
    ! command -v $name >/dev/null || { browser=$name; break; }
done
[ -n "$browser" ] || { echo "skipped: chromium is missing (apt-get install chromium)"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

"$made_store" R.db $large
[ -z "$networks" ] || "$made_store" other.db other
"$resile" report R.db $networks -o plain.html
"$resile" results R.db --json >results.json

# What the page is without scripts is kept before they run. The data of the check are JSON in a
# script element: no '<' in them.
{
    sed '/^<head>$/q' plain.html
    cat <<'HEAD'
<script>
window.complaints = [];
window.began = performance.now();
addEventListener('error', e => complaints.push(String(e.message)));
addEventListener('securitypolicyviolation', e => complaints.push('policy: ' + e.violatedDirective));
for (const kind of ['error', 'warn']) console[kind] = (...what) => complaints.push(what.join(' '));
</script>
HEAD
    sed '1,/^<head>$/d; /^<\/main>$/,$d' plain.html
    cat <<'SCRIPT'
</main>
<script>
window.without = {};
for (const table of document.querySelectorAll('table'))
  without[table.id] = Array.from(table.tBodies[0].rows, tr => Array.from(tr.cells, td => td.textContent.trim()));
</script>
SCRIPT
    sed '1,/^<\/main>$/d; /^<\/body>$/,$d' plain.html
    printf '<script type="application/json" id=expected>'
    sed 's/</\\u003c/g' results.json
    printf '</script>\n<script>\nwindow.size = %d;\n' "$(wc -c <plain.html)"
    cat "$check"
    printf '</script>\n</body>\n</html>\n'
} >page.html

# As root (in a container) Chromium has no sandbox; the page is ours.
unset LD_PRELOAD
timeout 150 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
    --user-data-dir="$folder/profile" --window-size=1200,900 \
    $([ -n "$large" ] || echo --virtual-time-budget=20000) \
    --dump-dom "file://$folder/page.html" >dom.html 2>browser.log ||
    { cat browser.log; echo "$browser failed"; exit 1; }
sed -n '/<pre id="verdict">/,/<\/pre>/p' dom.html | sed 's/<[^>]*>//g' >verdict
cat verdict
grep -q '^passed: ' verdict || { tail -5 browser.log; exit 1; }
