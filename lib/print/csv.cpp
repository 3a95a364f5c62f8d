#include "print/csv.hpp"

#include "print/escape.hpp"

namespace podsnoop {

void CsvWriter::value(std::string_view text) { append_csv_text(out_, text); }

}  // namespace podsnoop
