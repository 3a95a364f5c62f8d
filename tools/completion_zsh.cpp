// zsh: specifications for _arguments.
#include "completion.hpp"

namespace podsnoop {

namespace {

constexpr std::string_view before = R"sh(#compdef podsnoop
# zsh completion for podsnoop, printed by `podsnoop completion zsh`.

_podsnoop_interfaces() {
    local -a names=(any /sys/class/net/*(N:t))
    _wanted interfaces expl interface compadd -a names
}

_podsnoop_network_namespaces() {
    local -a names=(/run/netns/*(N:t))
    _wanted namespaces expl 'network namespace' compadd -a names
    _files
}

# The words as the last of a list with commas.
_podsnoop_list() {
    compset -P '*,'
    compadd "$@"
}

# Sets `pods` to the namespace,name of each pod of this node, found as the command itself would. A kubelet that does not
# answer is waited for 2 seconds.
_podsnoop_find_pods() {
    local -a options lines
    local i
    for ((i = 2; i < CURRENT; i++)); do
        case $words[i] in
        (@FINDING@) ((i + 1 < CURRENT)) && options+=($words[i] ${(Q)words[i + 1]}) ;;
        (--*=*) [[ ${words[i]%%=*} == (@FINDING@) ]] && options+=(${(Q)words[i]}) ;;
        esac
    done
    lines=(${(f)"$(timeout 2 $program pods -o csv $options 2>/dev/null)"})
    pods=()
    for i in ${lines[2,-1]}; do
        [[ $i =~ '^pod,([a-z0-9.-]+),([a-z0-9.-]+),' ]] && pods+=("$match[1],$match[2]")
    done
}

_podsnoop_pods() {
    local -a pods match
    _podsnoop_find_pods
    pods=(${pods/,/\/})
    _wanted pods expl pod compadd -a pods
}

_podsnoop_pod_namespaces() {
    local -a pods match
    _podsnoop_find_pods
    pods=(${(u)pods%,*})
    _wanted namespaces expl namespace compadd -a pods
}

_podsnoop() {
    local curcontext=$curcontext state line program=$words[1]
    local -a expl commands
    typeset -A opt_args
)sh";

std::string quoted(const std::string& text) {
    std::string all = "'";
    for (const char c : text) all += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return all + "'";
}

std::string action(const OptionText& option) {
    switch (option.offer) {
        case Offer::nothing: return " ";
        case Offer::words: return "(" + join(option.words, " ") + ")";
        case Offer::word_list: return "_podsnoop_list " + join(option.words, " ");
        case Offer::files: return "_files";
        case Offer::folders: return "_files -/";
        case Offer::interfaces: return "_podsnoop_interfaces";
        case Offer::network_namespaces: return "_podsnoop_network_namespaces";
        case Offer::pods: return "_podsnoop_pods";
        case Offer::pod_namespaces: return "_podsnoop_pod_namespaces";
    }
    return {};
}

/// One specification a name. Each may be given again, as lists are given in pieces.
std::string specifications(const CommandText& command, std::string_view indent) {
    std::string all;
    const auto add = [&](const std::string& text) { all += " \\\n" + std::string(indent) + quoted(text); };
    for (const OptionText& option : command.options) {
        const std::string value = option.value.empty() ? "" : ":" + mark(option.value, ":", '\\') + ":" + action(option);
        for (const std::string& name : option.names) {
            const char* joined = option.value.empty() ? "" : name.starts_with("--") ? "=" : "+";
            add("*" + name + joined + "[" + mark(option.help, "[]:\\", '\\') + "]" + value);
        }
        if (option.names.empty()) add("1" + value);
    }
    return all;
}

}  // namespace

std::string zsh_completion(const CommandText& program, const std::vector<CommandText>& commands) {
    std::string script(before);
    const std::string finding = pod_finding_options(commands);
    for (constexpr std::string_view name = "@FINDING@"; script.find(name) != std::string::npos;)
        script.replace(script.find(name), name.size(), finding);
    script += "    _arguments -C" + specifications(program, "        ") + " \\\n        '1: :->command' '*:: :->options'\n";
    script += "    case $state in\n    (command)\n        commands=(\n";
    for (const CommandText& command : commands)
        script += "            " + quoted(command.name + ":" + mark(command.help, ":\\", '\\')) + "\n";
    script += "        )\n        _describe -t commands command commands\n        ;;\n    (options)\n        case $words[1] in\n";
    for (const CommandText& command : commands)
        script += "        (" + command.name + ")\n            _arguments -S" + specifications(command, "                ") +
                  "\n            ;;\n";
    return script +
           "        esac\n        ;;\n    esac\n}\n\n"
           "# Loaded by compinit it is the function's body; sourced it only says what it is for.\n"
           "if [[ $funcstack[1] == _podsnoop ]]; then\n    _podsnoop \"$@\"\nelse\n    compdef _podsnoop podsnoop\nfi\n";
}

}  // namespace podsnoop
