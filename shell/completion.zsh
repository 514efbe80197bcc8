
_clprof_traces() { _files -g '*.db(-.)' || _files }

# These words, or a folder.
_clprof_folders() {
    local -a words=("$@")
    _alternative "words:word:($words)" 'folders:folder:_files -/'
}

_clprof() {
    local curcontext=$curcontext state line
    local -A opt_args
    _arguments -C '(- *)'{-h,--help}'[list the commands]' '(- *)--version[say versions]' '1: :->command' '*:: :->rest'
    case $state in
    command)
        _clprof_list_commands
        ;;
    rest)
        curcontext=${curcontext%:*:*}:clprof-$words[1]:
        _clprof_of_command
        ;;
    esac
}

_clprof "$@"
