// bash: a function that fills COMPREPLY. It uses nothing of the package bash-completion, which many nodes lack.
#include <map>

#include "completion.hpp"

namespace podsnoop {

namespace {

// Names are read as lines and never expanded: what a file or a kubelet says is not the shell's to run.
constexpr std::string_view before = R"sh(# bash completion for podsnoop, printed by `podsnoop completion bash`.

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
        @FINDING@)
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
        _podsnoop_offer <<<$'@COMMANDS@'
        return
    fi
    case "$command $prev" in
)sh";

constexpr std::string_view after = R"sh(    esac
    _podsnoop_offer <<<"${words// /$'\n'}"
}

complete -F _podsnoop podsnoop
)sh";

std::string replaced(std::string_view text, std::string_view name, std::string_view with) {
    std::string all(text);
    all.replace(all.find(name), name.size(), with);
    return all;
}

/// What answers the word after an option.
std::string answer(const OptionText& option) {
    switch (option.offer) {
        case Offer::nothing: return "return";
        case Offer::words: return "_podsnoop_offer <<<$'" + join(option.words, "\\n") + "'";
        case Offer::word_list: return "_podsnoop_offer \"${cur%\"${cur##*,}\"}\" <<<$'" + join(option.words, "\\n") + "'";
        case Offer::files: return "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")";
        case Offer::folders: return "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")";
        case Offer::interfaces: return "_podsnoop_offer < <(_podsnoop_interfaces)";
        case Offer::network_namespaces: return "_podsnoop_offer < <(_podsnoop_network_namespaces)";
        case Offer::pods: return "_podsnoop_offer < <(_podsnoop_pod_names)";
        case Offer::pod_namespaces: return "_podsnoop_offer < <(_podsnoop_pod_namespaces)";
    }
    return {};
}

}  // namespace

std::string bash_completion(const CommandText& program, const std::vector<CommandText>& commands) {
    std::vector<std::string> first;
    for (const CommandText& command : commands) first.push_back(command.name);
    for (const OptionText& option : program.options) first.insert(first.end(), option.names.begin(), option.names.end());
    std::map<std::string, std::vector<std::string>> after_option;  // the same answer is often wanted
    std::string of_commands;
    for (const CommandText& command : commands) {
        std::vector<std::string> words;
        for (const OptionText& option : command.options) {
            for (const std::string& name : option.names)
                if (!option.value.empty()) after_option[answer(option)].push_back("'" + command.name + " " + name + "'");
            const auto& offered = option.names.empty() ? option.words : option.names;
            words.insert(words.end(), offered.begin(), offered.end());
        }
        of_commands += "    " + command.name + ") words='" + join(words, " ") + "' ;;\n";
    }
    std::string script = replaced(replaced(before, "@FINDING@", pod_finding_options(commands)), "@COMMANDS@", join(first, "\\n"));
    for (const auto& [reply, where] : after_option)
        script += "    " + join(where, " | \\\n        ") + ")\n        " + reply +
                  (reply == "return" ? "\n        ;;\n" : "\n        return\n        ;;\n");
    return script + "    esac\n    case $command in\n" + of_commands + std::string(after);
}

}  // namespace podsnoop
