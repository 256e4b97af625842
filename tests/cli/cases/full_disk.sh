# Output that does not arrive is a failure, whoever wrote it.
for words in version 'version --json' doctor help 'completion bash' '--man resile'; do
    resile $words >/dev/full
    echo "$words: exit $?"
done
resile version >&-
echo "closed: exit $?"
