// What was seen and what was missed, told at the end: to a program as JSON, to a person in a few lines.
#pragma once

#include <string>

#include "event/ledger.hpp"

namespace podsnoop {

/// Appends the ledger as one JSON line.
void append_ledger_json(std::string& out, const Ledger& ledger);
void append_ledger_json(std::string& out, const TcpLedger& ledger);

/// Appends the end summary: lines that start with "podsnoop: ", two of them where nothing was missed.
void append_summary(std::string& out, const Ledger& ledger);
void append_summary(std::string& out, const TcpLedger& ledger);

}  // namespace podsnoop
