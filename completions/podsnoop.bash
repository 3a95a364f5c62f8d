# bash completion for podsnoop, printed by `podsnoop completion bash`.

# Offers those lines of standard input, each behind $1, that begin as the word does.
_podsnoop_offer() {
    local line
    while IFS= read -r line; do
        line=${1-}$line
        [[ $line == "$cur"* ]] || continue
        [[ $line == *[!a-zA-Z0-9/,._-]* ]] && printf -v line %q "$line"
        COMPREPLY+=("$line")
    done
}

_podsnoop_interfaces() {
    local path
    echo any
    for path in /sys/class/net/*; do [[ -L $path ]] && echo "${path##*/}"; done
}

_podsnoop_network_namespaces() {
    local path
    for path in /run/netns/*; do [[ -e $path ]] && echo "${path##*/}"; done
}

# Lines of `namespace,name`: the pods of this node, found as the command itself would. A kubelet that does not answer is
# waited for 2 seconds.
_podsnoop_pods() {
    local -a options=()
    local i value namespace name
    for ((i = 2; i + 1 < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        --pods|--kubelet-token-file|--kubelet-cert|--kubelet-key|--kubelet-ca|--root)
            value=${COMP_WORDS[i + 1]}
            [[ $value == = ]] && value=${COMP_WORDS[i + 2]}
            options+=("${COMP_WORDS[i]}" "$value")
            ;;
        esac
    done
    timeout 2 "${COMP_WORDS[0]}" pods -o csv "${options[@]}" 2>/dev/null | {
        read -r _
        while IFS=, read -r _ namespace name _; do
            [[ $namespace$name =~ ^[a-z0-9.-]+$ ]] && echo "$namespace,$name"
        done
    }
}

_podsnoop_pod_names() {
    local pods
    pods=$(_podsnoop_pods)
    echo "${pods//,//}"
}

_podsnoop_pod_namespaces() { _podsnoop_pods | cut -d, -f1 | sort -u; }

_podsnoop() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} words=
    # bash has three words of --option=value.
    if [[ $cur == = ]]; then
        cur=
    elif [[ $prev == = ]]; then
        prev=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        _podsnoop_offer <<<$'http\ntcp\nred\nmap\npods\noom\nbacklog\ncheck\nschema\ncompletion\n-h\n--help\n-V\n--version'
        return
    fi
    case "$command $prev" in
    'http --status' | \
        'red --status' | \
        'map --status')
        _podsnoop_offer "${cur%"${cur##*,}"}" <<<$'1xx\n2xx\n3xx\n4xx\n5xx'
        return
        ;;
    'http --method' | \
        'red --method' | \
        'map --method')
        _podsnoop_offer "${cur%"${cur##*,}"}" <<<$'CONNECT\nDELETE\nGET\nHEAD\nOPTIONS\nPATCH\nPOST\nPUT\nTRACE'
        return
        ;;
    'red --by')
        _podsnoop_offer "${cur%"${cur##*,}"}" <<<$'pod\nservice\nhost\npath\nstatus\nclient'
        return
        ;;
    'http -i' | \
        'http --interface' | \
        'tcp -i' | \
        'tcp --interface' | \
        'red -i' | \
        'red --interface' | \
        'map -i' | \
        'map --interface')
        _podsnoop_offer < <(_podsnoop_interfaces)
        return
        ;;
    'http --netns' | \
        'tcp --netns' | \
        'red --netns' | \
        'map --netns')
        _podsnoop_offer < <(_podsnoop_network_namespaces)
        return
        ;;
    'http --pod' | \
        'tcp --pod' | \
        'red --pod' | \
        'map --pod' | \
        'pods --pod' | \
        'oom --pod' | \
        'backlog --pod')
        _podsnoop_offer < <(_podsnoop_pod_names)
        return
        ;;
    'http -n' | \
        'http --namespace' | \
        'tcp -n' | \
        'tcp --namespace' | \
        'red -n' | \
        'red --namespace' | \
        'map -n' | \
        'map --namespace' | \
        'pods -n' | \
        'pods --namespace' | \
        'oom -n' | \
        'oom --namespace' | \
        'backlog -n' | \
        'backlog --namespace')
        _podsnoop_offer < <(_podsnoop_pod_namespaces)
        return
        ;;
    'http --color' | \
        'tcp --color' | \
        'red --color' | \
        'map --color' | \
        'pods --color' | \
        'oom --color' | \
        'backlog --color' | \
        'check --color')
        _podsnoop_offer <<<$'auto\nalways\nnever'
        return
        ;;
    'red --sort')
        _podsnoop_offer <<<$'requests\nrate\nerrors\nunanswered\nmean\np50\np90\np99\nmax\nbytes\nname'
        return
        ;;
    'tcp -o' | \
        'tcp --output' | \
        'pods -o' | \
        'pods --output' | \
        'oom -o' | \
        'oom --output' | \
        'backlog -o' | \
        'backlog --output' | \
        'check -o' | \
        'check --output')
        _podsnoop_offer <<<$'table\nwide\njson\ncsv\ninflux'
        return
        ;;
    'map -o' | \
        'map --output')
        _podsnoop_offer <<<$'table\nwide\njson\ncsv\ninflux\ndot\nmermaid'
        return
        ;;
    'http -o' | \
        'http --output' | \
        'red -o' | \
        'red --output')
        _podsnoop_offer <<<$'table\nwide\njson\ncsv\ninflux\notlp'
        return
        ;;
    'http --root' | \
        'tcp --root' | \
        'red --root' | \
        'map --root' | \
        'pods --root' | \
        'oom --root' | \
        'backlog --root' | \
        'check --root')
        compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur")
        return
        ;;
    'http -r' | \
        'http --read' | \
        'http -w' | \
        'http --write' | \
        'http --pods' | \
        'http --kubelet-token-file' | \
        'http --kubelet-cert' | \
        'http --kubelet-key' | \
        'http --kubelet-ca' | \
        'http --ledger' | \
        'tcp -r' | \
        'tcp --read' | \
        'tcp -w' | \
        'tcp --write' | \
        'tcp --pods' | \
        'tcp --kubelet-token-file' | \
        'tcp --kubelet-cert' | \
        'tcp --kubelet-key' | \
        'tcp --kubelet-ca' | \
        'tcp --ledger' | \
        'red -r' | \
        'red --read' | \
        'red -w' | \
        'red --write' | \
        'red --pods' | \
        'red --kubelet-token-file' | \
        'red --kubelet-cert' | \
        'red --kubelet-key' | \
        'red --kubelet-ca' | \
        'red --ledger' | \
        'map -r' | \
        'map --read' | \
        'map -w' | \
        'map --write' | \
        'map --pods' | \
        'map --kubelet-token-file' | \
        'map --kubelet-cert' | \
        'map --kubelet-key' | \
        'map --kubelet-ca' | \
        'map --ledger' | \
        'pods --pods' | \
        'pods --kubelet-token-file' | \
        'pods --kubelet-cert' | \
        'pods --kubelet-key' | \
        'pods --kubelet-ca' | \
        'oom --pods' | \
        'oom --kubelet-token-file' | \
        'oom --kubelet-cert' | \
        'oom --kubelet-key' | \
        'oom --kubelet-ca' | \
        'oom --ledger' | \
        'oom --btf' | \
        'backlog --pods' | \
        'backlog --kubelet-token-file' | \
        'backlog --kubelet-cert' | \
        'backlog --kubelet-key' | \
        'backlog --kubelet-ca' | \
        'backlog --ledger' | \
        'backlog --btf' | \
        'check --pods' | \
        'check --kubelet-token-file' | \
        'check --kubelet-cert' | \
        'check --kubelet-key' | \
        'check --kubelet-ca' | \
        'check --btf')
        compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        return
        ;;
    'http --buffer' | \
        'http --write-size' | \
        'http --write-files' | \
        'http --kubelet' | \
        'http --port' | \
        'http --host' | \
        'http --path' | \
        'http --slower-than' | \
        'http --headers' | \
        'http --body' | \
        'http -c' | \
        'http --count' | \
        'http --duration' | \
        'http --timeout' | \
        'http --max-connections' | \
        'tcp --buffer' | \
        'tcp --write-size' | \
        'tcp --write-files' | \
        'tcp --kubelet' | \
        'tcp --port' | \
        'tcp --slower-than' | \
        'tcp -c' | \
        'tcp --count' | \
        'tcp --duration' | \
        'tcp --max-connections' | \
        'red --buffer' | \
        'red --write-size' | \
        'red --write-files' | \
        'red --kubelet' | \
        'red --port' | \
        'red --host' | \
        'red --path' | \
        'red --slower-than' | \
        'red --interval' | \
        'red --groups' | \
        'red --duration' | \
        'red --timeout' | \
        'red --max-connections' | \
        'map --buffer' | \
        'map --write-size' | \
        'map --write-files' | \
        'map --kubelet' | \
        'map --port' | \
        'map --host' | \
        'map --path' | \
        'map --slower-than' | \
        'map --edges' | \
        'map --interval' | \
        'map --duration' | \
        'map --timeout' | \
        'map --max-connections' | \
        'pods --kubelet' | \
        'oom --kubelet' | \
        'oom -c' | \
        'oom --count' | \
        'oom --duration' | \
        'backlog --interval' | \
        'backlog --kubelet' | \
        'backlog -c' | \
        'backlog --count' | \
        'backlog --duration' | \
        'check --kubelet')
        return
        ;;
    esac
    case $command in
    http) words='-h --help -i --interface --netns --pod -n --namespace --buffer -r --read --no-decap --exclude-self --no-exclude-self -w --write --write-size --write-files --pods --kubelet --kubelet-token-file --kubelet-cert --kubelet-key --kubelet-ca --kubelet-insecure --root --port --host --method --path --status --slower-than --errors -o --output --color --ledger --headers --body --show-secrets -c --count --duration --timeout --max-connections' ;;
    tcp) words='-h --help -i --interface --netns --pod -n --namespace --buffer -r --read --no-decap --exclude-self --no-exclude-self -w --write --write-size --write-files --pods --kubelet --kubelet-token-file --kubelet-cert --kubelet-key --kubelet-ca --kubelet-insecure --root --port --slower-than --errors --open -o --output --color --ledger -c --count --duration --max-connections' ;;
    red) words='-h --help -i --interface --netns --pod -n --namespace --buffer -r --read --no-decap --exclude-self --no-exclude-self -w --write --write-size --write-files --pods --kubelet --kubelet-token-file --kubelet-cert --kubelet-key --kubelet-ca --kubelet-insecure --root --port --host --method --path --status --slower-than --errors --interval --once --by --raw-paths --groups -o --output --sort --sketch --color --ledger --duration --timeout --max-connections' ;;
    map) words='-h --help -i --interface --netns --pod -n --namespace --buffer -r --read --no-decap --exclude-self --no-exclude-self -w --write --write-size --write-files --pods --kubelet --kubelet-token-file --kubelet-cert --kubelet-key --kubelet-ca --kubelet-insecure --root --port --host --method --path --status --slower-than --errors -o --output --replicas --edges --color --ledger --interval --duration --timeout --max-connections' ;;
    pods) words='-h --help --pod -n --namespace --pods --kubelet --kubelet-token-file --kubelet-cert --kubelet-key --kubelet-ca --kubelet-insecure --root -o --output --color' ;;
    oom) words='-h --help --pod -n --namespace --pods --kubelet --kubelet-token-file --kubelet-cert --kubelet-key --kubelet-ca --kubelet-insecure --root -o --output --color --ledger -c --count --duration --btf' ;;
    backlog) words='-h --help --syn --interval --list --pod -n --namespace --pods --kubelet --kubelet-token-file --kubelet-cert --kubelet-key --kubelet-ca --kubelet-insecure --root -o --output --color --ledger -c --count --duration --btf' ;;
    check) words='-h --help --pods --kubelet --kubelet-token-file --kubelet-cert --kubelet-key --kubelet-ca --kubelet-insecure --root -o --output --color --btf' ;;
    schema) words='-h --help' ;;
    completion) words='-h --help bash zsh fish' ;;
    esac
    _podsnoop_offer <<<"${words// /$'\n'}"
}

complete -F _podsnoop podsnoop
