#!/bin/sh
# usage: run.sh RESILE MADE_STORE CHECK.js
# Opens a report in headless Chromium, with check.js behind it, which compares the page with what
# `resile results` says and tries what a reader would.
set -eu
resile=$1 made_store=$2 check=$3
browser=
for name in chromium chromium-headless-shell chromium-browser google-chrome; do
    ! command -v $name >/dev/null || { browser=$name; break; }
done
[ -n "$browser" ] || { echo "skipped: chromium is missing (apt-get install chromium)"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

"$made_store" R.db
"$resile" report R.db -o plain.html
"$resile" results R.db --json >results.json

# The data of the check are JSON in a script element: no '<' in them.
{
    sed '/^<head>$/q' plain.html
    cat <<'HEAD'
<script>
window.complaints = [];
addEventListener('error', e => complaints.push(String(e.message)));
addEventListener('securitypolicyviolation', e => complaints.push('policy: ' + e.violatedDirective));
for (const kind of ['error', 'warn']) console[kind] = (...what) => complaints.push(what.join(' '));
</script>
HEAD
    sed '1,/^<head>$/d; /^<\/body>$/,$d' plain.html
    printf '<script type="application/json" id=expected>'
    sed 's/</\\u003c/g' results.json
    printf '</script>\n<script>\n'
    cat "$check"
    printf '</script>\n</body>\n</html>\n'
} >page.html

# As root (in a container) Chromium has no sandbox; the page is ours.
unset LD_PRELOAD
timeout 150 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
    --user-data-dir="$folder/profile" --window-size=1200,900 --virtual-time-budget=20000 \
    --dump-dom "file://$folder/page.html" >dom.html 2>browser.log ||
    { cat browser.log; echo "$browser failed"; exit 1; }
sed -n '/<pre id="verdict">/,/<\/pre>/p' dom.html | sed 's/<[^>]*>//g' >verdict
cat verdict
grep -q '^passed: ' verdict || { tail -5 browser.log; exit 1; }
