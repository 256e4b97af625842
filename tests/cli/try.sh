# Sourced by cases: shows a command, what it says and its exit code, on both streams.
try() {
    echo "--- $*"
    echo "--- $*" >&2
    "$@"
    echo "exit $?"
}
