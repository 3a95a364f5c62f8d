#include "print/graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <map>
#include <string_view>
#include <vector>

#include "print/escape.hpp"
#include "print/graph_model.hpp"
#include "print/number.hpp"
#include "print/utf8.hpp"

namespace podsnoop {

namespace {

constexpr std::string_view calm = "#6e7781", amber = "#bf8700", orange = "#d4691a", red = "#cf222e";
constexpr std::size_t longest_name = 60;  // terminal columns of a line in a box

std::string_view color_of(const GraphLink& link) {
    if (link.failed == 0) return calm;
    const double share = static_cast<double>(link.failed) / static_cast<double>(link.requests);
    return share < 0.01 ? amber : share < 0.05 ? orange : red;
}

/// From 1 to 5, by the root of its requests: the busiest would leave all others a hair's width.
double width_of(const GraphLink& link, std::uint64_t most) {
    if (most == 0) return 1;
    return 1 + 4 * std::sqrt(static_cast<double>(link.requests) / static_cast<double>(most));
}

using Lines = std::vector<std::string>;

/// Without controls, and not too long.
std::string line_of(std::string_view name) {
    std::string shown, cut;
    append_terminal_text(shown, name);
    append_cut(cut, shown, longest_name);
    return cut;
}

Lines lines_of(const GraphNode& node) {
    Lines lines{line_of(node.name)};
    if (!node.detail.empty()) lines.push_back(node.detail);
    return lines;
}

/// How many of its requests failed, in percent. All only where it was all of them.
std::string percent_of(const GraphLink& link) {
    const double percent = 100 * static_cast<double>(link.failed) / static_cast<double>(link.requests);
    if (percent >= 10) return fmt::format("{}", static_cast<unsigned>(percent));
    return percent < 0.01 ? "under 0.01" : fmt::format("{:.2g}", percent);
}

Lines lines_of(const GraphLink& link) {
    Lines lines(1);
    if (link.rate > 0) {
        append_rate(lines.back(), link.rate);
        lines.back() += "/s";
    } else {
        lines.back() = std::to_string(link.requests) + (link.requests == 1 ? " request" : " requests");
    }
    if (link.p99) {
        lines.emplace_back(link.edges == 1 ? "p99 " : "p99 ≤ ");
        append_duration(lines.back(), *link.p99);
    }
    if (link.failed != 0) lines.push_back(percent_of(link) + " % failed");
    return lines;
}

/// The inside of a quoted string in DOT that is a label (escString): `\` begins an escape, `&` an entity.
void append_dot_text(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (c == '&') out += "&amp;";
        else out += c;
    }
}

/// The inside of a quoted label in Mermaid, which would take what is not plain for Markdown, HTML or its own: as `#code;`.
void append_mermaid_text(std::string& out, std::string_view text) {
    constexpr std::string_view plain_marks = " ./:-%";
    while (!text.empty()) {
        const Character c = first_character(text);
        const std::string_view bytes = text.substr(0, c.length);
        const bool letter =
            (c.code >= 'a' && c.code <= 'z') || (c.code >= 'A' && c.code <= 'Z') || (c.code >= '0' && c.code <= '9');
        if (c.code >= 0x80 || letter || plain_marks.find(bytes.front()) != std::string_view::npos) out += bytes;
        else fmt::format_to(std::back_inserter(out), "#{};", static_cast<unsigned>(c.code));
        text.remove_prefix(c.length);
    }
}

void append_dot_label(std::string& out, const Lines& lines) {
    out += '"';
    for (const std::string& line : lines) {
        if (&line != &lines.front()) out += "\\n";
        append_dot_text(out, line);
    }
    out += '"';
}

void append_mermaid_label(std::string& out, const Lines& lines) {
    out += '"';
    for (const std::string& line : lines) {
        if (&line != &lines.front()) out += "<br/>";
        append_mermaid_text(out, line);
    }
    out += '"';
}

Lines note_of(const GraphModel& model) {
    if (model.links.empty()) return {"no requests were seen"};
    if (model.left_out_requests == 0) return {};
    return {fmt::format("{} more requests are not shown", model.left_out_requests)};
}

/// Indices of the nodes by their namespace; those of none stand first.
std::map<std::string, std::vector<std::size_t>> by_group(const GraphModel& model) {
    std::map<std::string, std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < model.nodes.size(); ++i) groups[model.nodes[i].group].push_back(i);
    return groups;
}

void append_dot(std::string& out, const GraphModel& model) {
    auto to = std::back_inserter(out);
    out +=
        "digraph podsnoop {\n"
        "  rankdir=LR; nodesep=0.3; ranksep=0.9; fontname=\"Helvetica\"; fontsize=11;\n"
        "  node [shape=box, style=\"rounded,filled\", fillcolor=\"#f6f8fa\", color=\"#8c959f\", fontname=\"Helvetica\", "
        "fontsize=11];\n"
        "  edge [fontname=\"Helvetica\", fontsize=9, arrowsize=0.7];\n";
    if (const Lines note = note_of(model); !note.empty()) {
        out += "  label=";
        append_dot_label(out, note);
        out += ";\n";
    }
    std::size_t cluster = 0;
    for (const auto& [group, members] : by_group(model)) {
        if (!group.empty()) {
            fmt::format_to(to, "  subgraph cluster_{} {{\n    style=rounded; color=\"#d0d7de\"; label=", cluster++);
            append_dot_label(out, {line_of(group)});
            out += ";\n";
        }
        for (const std::size_t member : members) {
            fmt::format_to(to, "    n{} [label=", member);
            append_dot_label(out, lines_of(model.nodes[member]));
            out += group.empty() ? ", style=\"rounded,dashed\"];\n" : "];\n";
        }
        if (!group.empty()) out += "  }\n";
    }
    for (const GraphLink& link : model.links) {
        fmt::format_to(to, "  n{} -> n{} [label=", link.from, link.to);
        append_dot_label(out, lines_of(link));
        fmt::format_to(to, ", penwidth={:.1f}, color=\"{}\", fontcolor=\"{}\"];\n", width_of(link, model.links.front().requests),
                       color_of(link), color_of(link));
    }
    out += "}\n";
}

void append_mermaid(std::string& out, const GraphModel& model) {
    auto to = std::back_inserter(out);
    out += "flowchart LR\n";
    if (const Lines note = note_of(model); !note.empty()) {
        out += "  note[";
        append_mermaid_label(out, note);
        out += "]\n";
    }
    std::size_t cluster = 0;
    for (const auto& [group, members] : by_group(model)) {
        if (!group.empty()) {
            fmt::format_to(to, "  subgraph s{}[", cluster++);
            append_mermaid_label(out, {line_of(group)});
            out += "]\n";
        }
        for (const std::size_t member : members) {
            fmt::format_to(to, "    n{}[", member);
            append_mermaid_label(out, lines_of(model.nodes[member]));
            out += "]\n";
        }
        if (!group.empty()) out += "  end\n";
    }
    for (const GraphLink& link : model.links) {
        fmt::format_to(to, "  n{} -->|", link.from);
        append_mermaid_label(out, lines_of(link));
        fmt::format_to(to, "| n{}\n", link.to);
    }
    for (std::size_t i = 0; i < model.links.size(); ++i)
        fmt::format_to(to, "  linkStyle {} stroke:{},stroke-width:{:.1f}px\n", i, color_of(model.links[i]),
                       width_of(model.links[i], model.links.front().requests));
}

}  // namespace

void append_graph(std::string& out, Picture picture, std::span<const EdgeRecord> edges, const GraphOptions& options) {
    const GraphModel model = GraphModel::from(edges, options);
    switch (picture) {
        case Picture::dot: return append_dot(out, model);
        case Picture::mermaid: return append_mermaid(out, model);
    }
}

}  // namespace podsnoop
