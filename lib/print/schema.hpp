// What JSON records look like, for programs: a JSON Schema (draft 2020-12) made from the records' own description.
#pragma once

#include <string>

namespace podsnoop {

/// The schema of any line of JSON that is printed: `$defs` has one of each kind of record. What a schema has no word for
/// stands in annotations: `x-unit`, `x-null` (when the field is null), `x-only-with` (the option that adds it).
std::string json_schema();

}  // namespace podsnoop
