
# Offers what a kind of word can be: $1 kind, $2 its words, $3 what is typed already. Where nothing is left in COMPREPLY,
# readline offers files by itself, with its own quoting; `none` turns that off.
_clprof_offer() {
    local file
    case $1 in
    list | folders)
        COMPREPLY+=($(compgen -W "$2" -- "$3"))
        ;;&
    traces)
        while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -X '!*.db' -- "$3")
        ;;&
    folders | traces)
        while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -d -- "$3")
        compopt -o filenames
        ;;
    command)
        while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -c -- "$3")
        ;;
    list | none)
        compopt +o default +o bashdefault
        ;;
    esac
}

# What the command's word number $2 is, or the value of its option $2.
_clprof_offer_value() {
    local kind words
    read -r kind words < <(_clprof_values "$1:$2")
    _clprof_offer "${kind:-none}" "$words" "$3"
}

_clprof() {
    local current=${COMP_WORDS[COMP_CWORD]} command='' option='' ended='' place=0 word kind words i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word == '=' ]]; then # readline takes --name=value for three words
            continue
        elif [[ $word == ':' ]]; then # and 3:10 as well
            ((i++))
        elif [[ -z $command ]]; then
            command=$word
        elif [[ -n $option ]]; then
            option=''
        elif [[ -z $ended && $word == -- ]]; then
            ended=1
        elif [[ -z $ended && $word == -* ]]; then
            read -r kind words < <(_clprof_values "$command:$word")
            [[ -n $kind ]] && option=$word
        else
            ((place++))
        fi
    done
    [[ $current == '=' ]] && current=''
    if [[ -z $command ]]; then
        _clprof_offer list "$_clprof_commands help -h --help --version" "$current"
    elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == ':' || $current == ':' ]]; then
        _clprof_offer none '' "$current"
    elif [[ -n $option ]]; then
        _clprof_offer_value "$command" "$option" "$current"
    elif [[ -z $ended && $current == -* ]]; then
        _clprof_offer list "$(_clprof_options "$command")" "$current"
    elif [[ $command == help ]]; then
        _clprof_offer list "$_clprof_commands" "$current"
    elif read -r kind words < <(_clprof_values "$command:--") && [[ $kind == command && -z $ended ]]; then
        _clprof_offer list "-- $(_clprof_options "$command")" "$current"
    else
        read -r kind words < <(_clprof_values "$command:$((place + 1))")
        [[ -n $kind ]] || read -r kind words < <(_clprof_values "$command:*")
        _clprof_offer "${kind:-none}" "$words" "$current"
    fi
}

complete -o bashdefault -o default -F _clprof clprof
