# The bash script completes commands, options and values; zsh's and fish's mention every option.
command -v bash >/dev/null || { echo "bash is missing" >&2; exit 77; }
resile completion bash >resile.bash
cat >ask.bash <<'END'
. ./resile.bash
ask() {
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _resile
    echo "$*| ${COMPREPLY[*]}"
}
ask resile comp
ask resile completion ''
ask resile completion f
ask resile completion --h
ask resile version --
ask resile help comp
ask resile completion = f
ask resile zoo build lenet5 --seed
END
bash ask.bash
for shell in bash zsh fish; do
    resile completion $shell >script
    for page in $(resile --man); do
        [ "$page" = resile ] || grep -q -w -e "$page" script || echo "$shell: no $page"
    done
    grep -q -e '--json' -e '-l json' script || echo "$shell: no --json"
done
