// podsnoop schema: what its JSON looks like, for programs.
#include "print/schema.hpp"

#include "command.hpp"
#include "terminal.hpp"

namespace podsnoop {

void add_schema(CLI::App& app, Run& run) {
    CLI::App* command = app.add_subcommand("schema", "the JSON Schema of all records");
    command->footer("Draft 2020-12, with units and when a field is null in x-unit and x-null.");
    command->callback([&run] { run = [] { return print_text(json_schema()); }; });
}

}  // namespace podsnoop
