# fish completion for podsnoop, printed by `podsnoop completion fish`.

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

# Lines of namespace,name: the pods of this node, found as the command itself would. A kubelet that does not answer is
# waited for 2 seconds.
function __podsnoop_find_pods
    set -l words (commandline -opc)
    set -l options
    for i in (seq 3 (count $words))
        if string match -qr '^(--pods|--kubelet-token-file|--kubelet-cert|--kubelet-key|--kubelet-ca|--root)$' -- $words[$i]
            set -a options $words[$i] $words[(math $i + 1)]
        else if string match -qr '^(--pods|--kubelet-token-file|--kubelet-cert|--kubelet-key|--kubelet-ca|--root)=' -- $words[$i]
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
complete -c podsnoop -n '__podsnoop_is ""' -s h -l help -d 'Print this help message and exit'
complete -c podsnoop -n '__podsnoop_is ""' -s V -l version -d 'Display program version information and exit'
complete -c podsnoop -n '__podsnoop_is ""' -a http -d 'one record an HTTP exchange'
complete -c podsnoop -n '__podsnoop_is ""' -a tcp -d 'one record a TCP connection, when it ends'
complete -c podsnoop -n '__podsnoop_is ""' -a pods -d 'one record a pod of this node'
complete -c podsnoop -n '__podsnoop_is ""' -a oom -d 'one record an OOM kill'
complete -c podsnoop -n '__podsnoop_is ""' -a backlog -d 'overflows of listeners\' queues'
complete -c podsnoop -n '__podsnoop_is ""' -a check -d 'what works here, and what to do about the rest'
complete -c podsnoop -n '__podsnoop_is ""' -a schema -d 'the JSON Schema of all records'
complete -c podsnoop -n '__podsnoop_is ""' -a completion -d 'a script that has a shell complete all this'
complete -c podsnoop -n '__podsnoop_is http' -s h -l help -d 'Print this help message and exit'
complete -c podsnoop -n '__podsnoop_is http' -s i -l interface -x -a '(__podsnoop_interfaces)' -d 'this interface; repeatable; \'any\' for all'
complete -c podsnoop -n '__podsnoop_is http' -l netns -r -F -a '(__podsnoop_network_namespaces)' -d 'enter this network namespace first'
complete -c podsnoop -n '__podsnoop_is http' -l pod -x -a '(__podsnoop_pods)' -d 'this pod; \'*\' in it matches anything; repeatable'
complete -c podsnoop -n '__podsnoop_is http' -s n -l namespace -x -a '(__podsnoop_pod_namespaces)' -d 'the pods of this namespace'
complete -c podsnoop -n '__podsnoop_is http' -l buffer -x -d 'memory for packets not yet read, each interface [32MiB] or pod [64MiB together]'
complete -c podsnoop -n '__podsnoop_is http' -s r -l read -r -F -d 'a pcap or pcapng file instead, gzipped or not; \'-\' for standard input'
complete -c podsnoop -n '__podsnoop_is http' -l no-decap -d 'do not look into VXLAN, Geneve, GRE, IPIP and MPLS'
complete -c podsnoop -n '__podsnoop_is http' -s w -l write -r -F -d 'save the packets that were kept, as pcapng'
complete -c podsnoop -n '__podsnoop_is http' -l write-size -x -d 'begin another file at about this size'
complete -c podsnoop -n '__podsnoop_is http' -l write-files -x -d 'at most so many files, the oldest is written over'
complete -c podsnoop -n '__podsnoop_is http' -l pods -r -F -d 'a saved answer of a kubelet\'s /pods instead'
complete -c podsnoop -n '__podsnoop_is http' -l kubelet -x -d 'ask this kubelet [https://127.0.0.1:10250/pods]'
complete -c podsnoop -n '__podsnoop_is http' -l kubelet-token-file -r -F -d 'with the bearer token in this file'
complete -c podsnoop -n '__podsnoop_is http' -l kubelet-cert -r -F -d 'with this client certificate'
complete -c podsnoop -n '__podsnoop_is http' -l kubelet-key -r -F -d 'and its key, where it has a file of its own'
complete -c podsnoop -n '__podsnoop_is http' -l kubelet-ca -r -F -d 'trust these certificates only, or who they sign'
complete -c podsnoop -n '__podsnoop_is http' -l kubelet-insecure -d 'do not verify the kubelet; it gets the token if there is one'
complete -c podsnoop -n '__podsnoop_is http' -l root -x -a '(__fish_complete_directories)' -d 'the node\'s root directory, /host in a debug pod'
complete -c podsnoop -n '__podsnoop_is http' -l port -x -d 'the server\'s port'
complete -c podsnoop -n '__podsnoop_is http' -l host -x -d 'the host asked for'
complete -c podsnoop -n '__podsnoop_is http' -l method -x -d 'GET, POST, ...'
complete -c podsnoop -n '__podsnoop_is http' -l path -x -d 'the target\'s path'
complete -c podsnoop -n '__podsnoop_is http' -l status -x -d '404, 5xx, >=400, 400-499'
complete -c podsnoop -n '__podsnoop_is http' -l slower-than -x -d 'took at least this long'
complete -c podsnoop -n '__podsnoop_is http' -l errors -d '5xx, or no complete response'
complete -c podsnoop -n '__podsnoop_is http' -s o -l output -x -a 'table wide json csv' -d 'table, wide, json or csv [table]'
complete -c podsnoop -n '__podsnoop_is http' -l color -x -a 'auto always never' -d 'auto, always or never [auto]'
complete -c podsnoop -n '__podsnoop_is http' -l ledger -r -F -d 'write what was seen and what was missed here at the end; \'-\' for standard output'
complete -c podsnoop -n '__podsnoop_is http' -l headers -x -d 'show these header fields too'
complete -c podsnoop -n '__podsnoop_is http' -l body -x -d 'show the first N bytes of each body'
complete -c podsnoop -n '__podsnoop_is http' -l show-secrets -d 'do not mask Authorization, Proxy-Authorization, Cookie and Set-Cookie'
complete -c podsnoop -n '__podsnoop_is http' -s c -l count -x -d 'stop after this many records'
complete -c podsnoop -n '__podsnoop_is http' -l duration -x -d 'stop after this long'
complete -c podsnoop -n '__podsnoop_is http' -l timeout -x -d 'tell a request that got no answer for this long [60s]'
complete -c podsnoop -n '__podsnoop_is http' -l max-connections -x -d 'connections followed at once [65536]'
complete -c podsnoop -n '__podsnoop_is tcp' -s h -l help -d 'Print this help message and exit'
complete -c podsnoop -n '__podsnoop_is tcp' -s i -l interface -x -a '(__podsnoop_interfaces)' -d 'this interface; repeatable; \'any\' for all'
complete -c podsnoop -n '__podsnoop_is tcp' -l netns -r -F -a '(__podsnoop_network_namespaces)' -d 'enter this network namespace first'
complete -c podsnoop -n '__podsnoop_is tcp' -l pod -x -a '(__podsnoop_pods)' -d 'this pod; \'*\' in it matches anything; repeatable'
complete -c podsnoop -n '__podsnoop_is tcp' -s n -l namespace -x -a '(__podsnoop_pod_namespaces)' -d 'the pods of this namespace'
complete -c podsnoop -n '__podsnoop_is tcp' -l buffer -x -d 'memory for packets not yet read, each interface [32MiB] or pod [64MiB together]'
complete -c podsnoop -n '__podsnoop_is tcp' -s r -l read -r -F -d 'a pcap or pcapng file instead, gzipped or not; \'-\' for standard input'
complete -c podsnoop -n '__podsnoop_is tcp' -l no-decap -d 'do not look into VXLAN, Geneve, GRE, IPIP and MPLS'
complete -c podsnoop -n '__podsnoop_is tcp' -s w -l write -r -F -d 'save the packets that were kept, as pcapng'
complete -c podsnoop -n '__podsnoop_is tcp' -l write-size -x -d 'begin another file at about this size'
complete -c podsnoop -n '__podsnoop_is tcp' -l write-files -x -d 'at most so many files, the oldest is written over'
complete -c podsnoop -n '__podsnoop_is tcp' -l pods -r -F -d 'a saved answer of a kubelet\'s /pods instead'
complete -c podsnoop -n '__podsnoop_is tcp' -l kubelet -x -d 'ask this kubelet [https://127.0.0.1:10250/pods]'
complete -c podsnoop -n '__podsnoop_is tcp' -l kubelet-token-file -r -F -d 'with the bearer token in this file'
complete -c podsnoop -n '__podsnoop_is tcp' -l kubelet-cert -r -F -d 'with this client certificate'
complete -c podsnoop -n '__podsnoop_is tcp' -l kubelet-key -r -F -d 'and its key, where it has a file of its own'
complete -c podsnoop -n '__podsnoop_is tcp' -l kubelet-ca -r -F -d 'trust these certificates only, or who they sign'
complete -c podsnoop -n '__podsnoop_is tcp' -l kubelet-insecure -d 'do not verify the kubelet; it gets the token if there is one'
complete -c podsnoop -n '__podsnoop_is tcp' -l root -x -a '(__fish_complete_directories)' -d 'the node\'s root directory, /host in a debug pod'
complete -c podsnoop -n '__podsnoop_is tcp' -l port -x -d 'the server\'s port'
complete -c podsnoop -n '__podsnoop_is tcp' -l slower-than -x -d 'lasted at least this long'
complete -c podsnoop -n '__podsnoop_is tcp' -l errors -d 'reset, refused, or never answered'
complete -c podsnoop -n '__podsnoop_is tcp' -l open -d 'a line at a connection\'s start too'
complete -c podsnoop -n '__podsnoop_is tcp' -s o -l output -x -a 'table wide json csv' -d 'table, wide, json or csv [table]'
complete -c podsnoop -n '__podsnoop_is tcp' -l color -x -a 'auto always never' -d 'auto, always or never [auto]'
complete -c podsnoop -n '__podsnoop_is tcp' -l ledger -r -F -d 'write what was seen and what was missed here at the end; \'-\' for standard output'
complete -c podsnoop -n '__podsnoop_is tcp' -s c -l count -x -d 'stop after this many records'
complete -c podsnoop -n '__podsnoop_is tcp' -l duration -x -d 'stop after this long'
complete -c podsnoop -n '__podsnoop_is tcp' -l max-connections -x -d 'connections followed at once [65536]'
complete -c podsnoop -n '__podsnoop_is pods' -s h -l help -d 'Print this help message and exit'
complete -c podsnoop -n '__podsnoop_is pods' -l pod -x -a '(__podsnoop_pods)' -d 'this pod; \'*\' in it matches anything; repeatable'
complete -c podsnoop -n '__podsnoop_is pods' -s n -l namespace -x -a '(__podsnoop_pod_namespaces)' -d 'the pods of this namespace'
complete -c podsnoop -n '__podsnoop_is pods' -l pods -r -F -d 'a saved answer of a kubelet\'s /pods instead'
complete -c podsnoop -n '__podsnoop_is pods' -l kubelet -x -d 'ask this kubelet [https://127.0.0.1:10250/pods]'
complete -c podsnoop -n '__podsnoop_is pods' -l kubelet-token-file -r -F -d 'with the bearer token in this file'
complete -c podsnoop -n '__podsnoop_is pods' -l kubelet-cert -r -F -d 'with this client certificate'
complete -c podsnoop -n '__podsnoop_is pods' -l kubelet-key -r -F -d 'and its key, where it has a file of its own'
complete -c podsnoop -n '__podsnoop_is pods' -l kubelet-ca -r -F -d 'trust these certificates only, or who they sign'
complete -c podsnoop -n '__podsnoop_is pods' -l kubelet-insecure -d 'do not verify the kubelet; it gets the token if there is one'
complete -c podsnoop -n '__podsnoop_is pods' -l root -x -a '(__fish_complete_directories)' -d 'the node\'s root directory, /host in a debug pod'
complete -c podsnoop -n '__podsnoop_is pods' -s o -l output -x -a 'table wide json csv' -d 'table, wide, json or csv [table]'
complete -c podsnoop -n '__podsnoop_is pods' -l color -x -a 'auto always never' -d 'auto, always or never [auto]'
complete -c podsnoop -n '__podsnoop_is oom' -s h -l help -d 'Print this help message and exit'
complete -c podsnoop -n '__podsnoop_is oom' -l pod -x -a '(__podsnoop_pods)' -d 'this pod; \'*\' in it matches anything; repeatable'
complete -c podsnoop -n '__podsnoop_is oom' -s n -l namespace -x -a '(__podsnoop_pod_namespaces)' -d 'the pods of this namespace'
complete -c podsnoop -n '__podsnoop_is oom' -l pods -r -F -d 'a saved answer of a kubelet\'s /pods instead'
complete -c podsnoop -n '__podsnoop_is oom' -l kubelet -x -d 'ask this kubelet [https://127.0.0.1:10250/pods]'
complete -c podsnoop -n '__podsnoop_is oom' -l kubelet-token-file -r -F -d 'with the bearer token in this file'
complete -c podsnoop -n '__podsnoop_is oom' -l kubelet-cert -r -F -d 'with this client certificate'
complete -c podsnoop -n '__podsnoop_is oom' -l kubelet-key -r -F -d 'and its key, where it has a file of its own'
complete -c podsnoop -n '__podsnoop_is oom' -l kubelet-ca -r -F -d 'trust these certificates only, or who they sign'
complete -c podsnoop -n '__podsnoop_is oom' -l kubelet-insecure -d 'do not verify the kubelet; it gets the token if there is one'
complete -c podsnoop -n '__podsnoop_is oom' -l root -x -a '(__fish_complete_directories)' -d 'the node\'s root directory, /host in a debug pod'
complete -c podsnoop -n '__podsnoop_is oom' -s o -l output -x -a 'table wide json csv' -d 'table, wide, json or csv [table]'
complete -c podsnoop -n '__podsnoop_is oom' -l color -x -a 'auto always never' -d 'auto, always or never [auto]'
complete -c podsnoop -n '__podsnoop_is oom' -l ledger -r -F -d 'write what was seen and what was missed here at the end; \'-\' for standard output'
complete -c podsnoop -n '__podsnoop_is oom' -s c -l count -x -d 'stop after this many records'
complete -c podsnoop -n '__podsnoop_is oom' -l duration -x -d 'stop after this long'
complete -c podsnoop -n '__podsnoop_is oom' -l btf -r -F -d 'types of this very kernel, where it has none itself'
complete -c podsnoop -n '__podsnoop_is backlog' -s h -l help -d 'Print this help message and exit'
complete -c podsnoop -n '__podsnoop_is backlog' -l syn -d 'overflows of the queue of half-open connections too, and SYN cookies'
complete -c podsnoop -n '__podsnoop_is backlog' -l interval -x -d 'between two records of one listener [1s]'
complete -c podsnoop -n '__podsnoop_is backlog' -l list -d 'every listener\'s queue as it is now, instead'
complete -c podsnoop -n '__podsnoop_is backlog' -l pod -x -a '(__podsnoop_pods)' -d 'this pod; \'*\' in it matches anything; repeatable'
complete -c podsnoop -n '__podsnoop_is backlog' -s n -l namespace -x -a '(__podsnoop_pod_namespaces)' -d 'the pods of this namespace'
complete -c podsnoop -n '__podsnoop_is backlog' -l pods -r -F -d 'a saved answer of a kubelet\'s /pods instead'
complete -c podsnoop -n '__podsnoop_is backlog' -l kubelet -x -d 'ask this kubelet [https://127.0.0.1:10250/pods]'
complete -c podsnoop -n '__podsnoop_is backlog' -l kubelet-token-file -r -F -d 'with the bearer token in this file'
complete -c podsnoop -n '__podsnoop_is backlog' -l kubelet-cert -r -F -d 'with this client certificate'
complete -c podsnoop -n '__podsnoop_is backlog' -l kubelet-key -r -F -d 'and its key, where it has a file of its own'
complete -c podsnoop -n '__podsnoop_is backlog' -l kubelet-ca -r -F -d 'trust these certificates only, or who they sign'
complete -c podsnoop -n '__podsnoop_is backlog' -l kubelet-insecure -d 'do not verify the kubelet; it gets the token if there is one'
complete -c podsnoop -n '__podsnoop_is backlog' -l root -x -a '(__fish_complete_directories)' -d 'the node\'s root directory, /host in a debug pod'
complete -c podsnoop -n '__podsnoop_is backlog' -s o -l output -x -a 'table wide json csv' -d 'table, wide, json or csv [table]'
complete -c podsnoop -n '__podsnoop_is backlog' -l color -x -a 'auto always never' -d 'auto, always or never [auto]'
complete -c podsnoop -n '__podsnoop_is backlog' -l ledger -r -F -d 'write what was seen and what was missed here at the end; \'-\' for standard output'
complete -c podsnoop -n '__podsnoop_is backlog' -s c -l count -x -d 'stop after this many records'
complete -c podsnoop -n '__podsnoop_is backlog' -l duration -x -d 'stop after this long'
complete -c podsnoop -n '__podsnoop_is backlog' -l btf -r -F -d 'types of this very kernel, where it has none itself'
complete -c podsnoop -n '__podsnoop_is check' -s h -l help -d 'Print this help message and exit'
complete -c podsnoop -n '__podsnoop_is check' -l pods -r -F -d 'a saved answer of a kubelet\'s /pods instead'
complete -c podsnoop -n '__podsnoop_is check' -l kubelet -x -d 'ask this kubelet [https://127.0.0.1:10250/pods]'
complete -c podsnoop -n '__podsnoop_is check' -l kubelet-token-file -r -F -d 'with the bearer token in this file'
complete -c podsnoop -n '__podsnoop_is check' -l kubelet-cert -r -F -d 'with this client certificate'
complete -c podsnoop -n '__podsnoop_is check' -l kubelet-key -r -F -d 'and its key, where it has a file of its own'
complete -c podsnoop -n '__podsnoop_is check' -l kubelet-ca -r -F -d 'trust these certificates only, or who they sign'
complete -c podsnoop -n '__podsnoop_is check' -l kubelet-insecure -d 'do not verify the kubelet; it gets the token if there is one'
complete -c podsnoop -n '__podsnoop_is check' -l root -x -a '(__fish_complete_directories)' -d 'the node\'s root directory, /host in a debug pod'
complete -c podsnoop -n '__podsnoop_is check' -s o -l output -x -a 'table wide json csv' -d 'table, wide, json or csv [table]'
complete -c podsnoop -n '__podsnoop_is check' -l color -x -a 'auto always never' -d 'auto, always or never [auto]'
complete -c podsnoop -n '__podsnoop_is check' -l btf -r -F -d 'types of this very kernel, where it has none itself'
complete -c podsnoop -n '__podsnoop_is schema' -s h -l help -d 'Print this help message and exit'
complete -c podsnoop -n '__podsnoop_is completion' -s h -l help -d 'Print this help message and exit'
complete -c podsnoop -n '__podsnoop_is completion' -x -a 'bash zsh fish' -d 'bash, zsh or fish'
