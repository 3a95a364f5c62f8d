#include "attribute/kubelet.hpp"

#include <algorithm>
#include <expected>
#include <optional>
#include <string_view>
#include <utility>

#include "attribute/https.hpp"
#include "attribute/kubelet_pods.hpp"

namespace podsnoop {

namespace {

constexpr const char* what = "cannot ask the kubelet";
constexpr std::size_t most_file_bytes = std::size_t{1} << 20;       // a token, some certificates
constexpr std::size_t most_answer_bytes = std::size_t{64} << 20;  // some 20 KiB a pod

/// How far a way came, from nowhere to an answer; the farthest is the one to tell of.
using At = HttpsFailure::At;

struct Failure {
    At at;
    bool no_peer;  ///< nobody is there, or nobody who answers in time: other credentials will not help
    Error error;
};

std::string described(const KubeletAttempt& attempt) { return text_of(attempt.url) + " " + attempt.as; }

Failure unusable(const KubeletAttempt& attempt, const Error& error) {
    return {At::credential, false, {what, described(attempt), error.line(), error.hint}};
}

/// What the kubelet says to a refusal, as far as it can be shown: "Forbidden (user=…, resource=nodes, …)".
std::string said(std::string_view body) {
    constexpr std::size_t most = 200;
    std::string text(body.substr(0, std::min(body.find_first_of("\r\n"), most)));
    std::ranges::replace_if(text, [](char c) { return c < ' ' || c > '~'; }, '?');
    return text.empty() ? text : ": " + text;
}

Error refused(const KubeletAttempt& attempt, const HttpsAnswer& answer) {
    const std::string why = "it answers " + std::to_string(answer.status) + said(answer.body);
    std::string hint;
    if (answer.status == 401)
        hint = "the kubelet does not know this credential; --kubelet-token-file or --kubelet-cert gives another";
    else if (answer.status == 403)
        hint = "the credential needs the right to get nodes/proxy (or nodes/pods from Kubernetes 1.33 on)";
    else if (answer.status >= 300 && answer.status < 400)
        hint = "redirects are not followed; --kubelet gives the URL of its /pods";
    return {what, described(attempt), why, hint};
}

Error failed(const KubeletAttempt& attempt, HttpsFailure failure) {
    std::string hint;
    if (failure.at == At::connect) hint = "--kubelet gives its URL, if it listens elsewhere";
    else if (failure.unverified) hint = "--kubelet-ca gives the certificate of its authority, --kubelet-insecure goes without";
    // Who is not there was not shown anything.
    const std::string on = failure.at == At::connect ? text_of(attempt.url) : described(attempt);
    return {what, on, std::move(failure.why), hint};
}

/// A token as it stands in its file, mostly with a line end after it. Nothing where it could not be sent: what is
/// not printable would end the header field.
std::optional<std::string> token_in(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    if (text.empty() || !std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; })) return std::nullopt;
    return text;
}

/// What to send, from the files of now.
Result<HttpsRequest> request_for(const KubeletAttempt& attempt, const KubeletPlan& plan) {
    HttpsRequest request{.to = attempt.url.endpoint,
                         .tls = attempt.url.tls,
                         .target = attempt.url.target,
                         .verify = plan.verify,
                         .most_bytes = most_answer_bytes};
    if (attempt.token) {
        auto text = read(*attempt.token, most_file_bytes);
        if (!text) return std::unexpected(text.error());
        std::optional<std::string> token = token_in(std::move(*text));
        if (!token) return fail("not a token", attempt.token->shown(), "it is empty or not one word");
        request.token = std::move(*token);
    }
    if (attempt.cert) {
        auto chain = read(*attempt.cert, most_file_bytes);
        if (!chain) return std::unexpected(chain.error());
        auto key = read(*attempt.key, most_file_bytes);
        if (!key) return std::unexpected(key.error());
        request.cert_chain = std::move(*chain);
        request.key = std::move(*key);
    }
    return request;
}

/// Those that can be read. One that was given and cannot be used is an Error of its own.
Result<std::vector<std::string>> read_trusted(const KubeletPlan& plan, bool given) {
    std::vector<std::string> texts;
    for (const RootFile& file : plan.trusted) {
        auto text = read(file, most_file_bytes);
        if (!text && given) return std::unexpected(text.error());
        if (!text) continue;
        if (given && !text->contains("BEGIN CERTIFICATE"))
            return fail("not a PEM certificate", file.shown(), "it has no BEGIN CERTIFICATE");
        texts.push_back(std::move(*text));
    }
    return texts;
}

std::expected<std::vector<PodRecord>, Failure> try_one(const KubeletAttempt& attempt, const KubeletPlan& plan,
                                                       const std::vector<std::string>& trusted, std::stop_token stop) {
    auto request = request_for(attempt, plan);
    if (!request) return std::unexpected(unusable(attempt, request.error()));
    request->trusted = trusted;
    auto answer = https_get(*request, std::move(stop));
    if (!answer) {
        const bool no_peer = answer.error().at == At::connect || answer.error().timed_out;
        const At at = answer.error().at;
        return std::unexpected(Failure{at, no_peer, failed(attempt, std::move(answer.error()))});
    }
    if (answer->status != 200) return std::unexpected(Failure{At::exchange, false, refused(attempt, *answer)});
    auto pods = parse_pods(answer->body, PodSource::kubelet);
    if (!pods)
        return std::unexpected(Failure{At::exchange, false, {what, described(attempt), pods.error().line(), pods.error().hint}});
    return std::move(*pods);
}

}  // namespace

Result<std::vector<PodRecord>> Kubelet::pods(std::stop_token stop) {
    reports_.clear();
    auto plan = plan_kubelet(options_);
    if (!plan) return std::unexpected(plan.error());
    const auto trusted = read_trusted(*plan, !options_.ca_file.empty());
    if (!trusted) return std::unexpected(trusted.error());
    auto& attempts = plan->attempts;
    const auto worked = std::ranges::find(attempts, worked_, described);
    if (worked != attempts.end()) std::rotate(attempts.begin(), worked, worked + 1);

    std::optional<Failure> farthest;
    std::vector<Endpoint> silent;
    for (const KubeletAttempt& attempt : attempts) {
        if (stop.stop_requested()) break;
        if (std::ranges::find(silent, attempt.url.endpoint) != silent.end()) continue;
        auto pods = try_one(attempt, *plan, *trusted, stop);
        if (pods) {
            worked_ = described(attempt);
            reports_.push_back({worked_, true, std::to_string(pods->size()) + " pods", ""});
            return std::move(*pods);
        }
        Failure& failure = pods.error();
        reports_.push_back({failure.error.on, false, failure.error.why, failure.error.hint});
        if (failure.no_peer) silent.push_back(attempt.url.endpoint);
        if (!farthest || failure.at > farthest->at) farthest = std::move(failure);
    }
    if (!farthest) return fail(what, "", "it was not waited for");
    return std::unexpected(std::move(farthest->error));
}

namespace {

Error of_file(const Error& error, const std::string& path) {
    return {"cannot read pods", path, error.line(), "--pods takes what a kubelet's /pods answers"};
}

}  // namespace

Result<PodList> read_pods_file(const std::string& path, const PodList& last) {
    PodListParser parser(PodSource::file, last);
    auto all = read({"", path}, most_answer_bytes, [&](std::string_view piece) { parser.put(piece); });
    if (!all) return std::unexpected(std::move(all.error()));
    Result<PodList> pods = std::move(parser).finish();
    if (!pods) return std::unexpected(of_file(pods.error(), path));
    return pods;
}

Result<std::string> read_pods_text(const std::string& path) { return read({"", path}, most_answer_bytes); }

Result<std::vector<PodRecord>> parse_pods_text(const std::string& text, const std::string& path) {
    auto pods = parse_pods(text, PodSource::file);
    if (!pods) return std::unexpected(of_file(pods.error(), path));
    return pods;
}

}  // namespace podsnoop
