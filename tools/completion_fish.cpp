// fish: a `complete` for each option.
#include "completion.hpp"

namespace podsnoop {

namespace {

constexpr std::string_view before = R"sh(# fish completion for podsnoop, printed by `podsnoop completion fish`.

# Whether this is the command; without one, whether there is none yet.
function __podsnoop_is
    set -l words (commandline -opc)
    test "$words[2]" = "$argv[1]"
end

function __podsnoop_interfaces
    echo any
    for path in /sys/class/net/*
        test -L $path; and string replace -r '.*/' '' $path
    end
end

function __podsnoop_network_namespaces
    for path in /run/netns/*
        string replace -r '.*/' '' $path
    end
end

# The words as the last of a list with commas.
function __podsnoop_list
    set -l before (commandline -ct | string replace -r '^-.*?=' '' | string match -r '.*,')
    for word in $argv
        echo "$before$word"
    end
end

# Lines of namespace,name: the pods of this node, found as the command itself would. A kubelet that does not answer is
# waited for 2 seconds.
function __podsnoop_find_pods
    set -l words (commandline -opc)
    set -l options
    for i in (seq 3 (count $words))
        if string match -qr '^(@FINDING@)$' -- $words[$i]
            set -a options $words[$i] $words[(math $i + 1)]
        else if string match -qr '^(@FINDING@)=' -- $words[$i]
            set -a options $words[$i]
        end
    end
    timeout 2 $words[1] pods -o csv $options 2>/dev/null | string match -rg '^pod,([a-z0-9.-]+,[a-z0-9.-]+),'
end

function __podsnoop_pods
    __podsnoop_find_pods | string replace , /
end

function __podsnoop_pod_namespaces
    __podsnoop_find_pods | string replace -r ,.\* '' | sort -u
end

complete -c podsnoop -f
)sh";

std::string quoted(const std::string& text) { return "'" + mark(text, "'\\", '\\') + "'"; }

std::string arguments(const OptionText& option) {
    switch (option.offer) {
        case Offer::nothing: return " -x";
        case Offer::words: return " -x -a " + quoted(join(option.words, " "));
        case Offer::word_list: return " -x -a " + quoted("(__podsnoop_list " + join(option.words, " ") + ")");
        case Offer::files: return " -r -F";
        case Offer::folders: return " -x -a '(__fish_complete_directories)'";
        case Offer::interfaces: return " -x -a '(__podsnoop_interfaces)'";
        case Offer::network_namespaces: return " -r -F -a '(__podsnoop_network_namespaces)'";
        case Offer::pods: return " -x -a '(__podsnoop_pods)'";
        case Offer::pod_namespaces: return " -x -a '(__podsnoop_pod_namespaces)'";
    }
    return {};
}

std::string lines(const CommandText& command) {
    std::string all;
    for (const OptionText& option : command.options) {
        all += "complete -c podsnoop -n '__podsnoop_is " + (command.name.empty() ? "\"\"" : command.name) + "'";
        for (const std::string& name : option.names)
            all += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
        if (!option.value.empty()) all += arguments(option);
        all += " -d " + quoted(option.help) + "\n";
    }
    return all;
}

}  // namespace

std::string fish_completion(const CommandText& program, const std::vector<CommandText>& commands) {
    std::string script(before);
    const std::string finding = pod_finding_options(commands);
    for (constexpr std::string_view name = "@FINDING@"; script.find(name) != std::string::npos;)
        script.replace(script.find(name), name.size(), finding);
    script += lines(program);
    for (const CommandText& command : commands)
        script += "complete -c podsnoop -n '__podsnoop_is \"\"' -a " + command.name + " -d " + quoted(command.help) + "\n";
    for (const CommandText& command : commands) script += lines(command);
    return script;
}

}  // namespace podsnoop
