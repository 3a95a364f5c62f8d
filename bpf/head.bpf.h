/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads a message's head far enough to know how long its body is. It says nothing rather than something doubtful:
 * a head that is not all in this segment, bare LF, folded lines, Transfer-Encoding, two Content-Lengths, a value that is
 * not a plain number (RFC 9112 6.3) all give "unknown".
 *
 * Written for the verifier of 5.4: one loop over eight-byte words, its position in map memory, so that every turn starts
 * from the same state but for its count.
 */
#ifndef PODSNOOP_HEAD_BPF_H
#define PODSNOOP_HEAD_BPF_H

#include <asm/byteorder.h>

#include "packet.bpf.h"

#define HEAD_BYTES 2048
#define HEAD_STEPS (HEAD_BYTES / 8 + 64) /* a step a word, and one a line */
#define NO_POSITION 0xffff
#define LENGTH_DIGITS 18                  /* of the largest Content-Length believed */

#define EACH(byte) (0x0101010101010101ULL * (byte))

/* Working memory of one packet: too large for the stack, and see BARRIER. */
struct scratch {
    union {
        __u64 words[HEAD_BYTES / 8 + 4]; /* and room to compare a name that starts at the end */
        __u8 bytes[HEAD_BYTES + 32];
    };
    __u32 size; /* bytes that were copied */
    __u32 position;
    __u32 value; /* where Content-Length's value starts; 0: not seen */
    __u32 digits, blanks;
    __u32 head_length; /* bytes, with the empty line; 0: it does not end in this segment, or is in doubt */
    __u32 interim;     /* whether it is that of an interim response */
    __u64 length;      /* Content-Length */
    struct segment segment;
    __u32 offered[HTTP_ROOMS]; /* bytes offered to each ring that no unit of its room tells of yet */
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct scratch);
} scratches SEC(".maps");

/* Whether `bytes` starts with `name`, letters in either case. Without branches, which the verifier would follow. */
#define STARTS_WITH(bytes, name)                                               \
    ({                                                                         \
        __u8 difference = 0;                                                   \
        _Pragma("unroll") for (int at = 0; at < (int)sizeof(name) - 1; at++)   \
        {                                                                      \
            const __u8 letter = name[at] >= 'a' && name[at] <= 'z' ? 0x20 : 0; \
            difference |= ((bytes)[at] | letter) ^ name[at];                   \
        }                                                                      \
        difference == 0;                                                       \
    })

/* Reads Content-Length's value: blanks, digits, blanks, CR. Fails on anything else. */
static __always_inline int read_length(struct scratch *scratch)
{
    scratch->length = 0;
    scratch->digits = 0;
    scratch->blanks = 0;
    for (int i = 0; i < LENGTH_DIGITS + 8; i++) {
        BARRIER();
        const __u8 c = scratch->bytes[(scratch->value + i) & (HEAD_BYTES - 1)];
        if (c == '\r')
            return scratch->digits == 0 || scratch->digits > LENGTH_DIGITS ? -1 : 0;
        if (c == ' ' || c == '\t') {
            scratch->blanks = scratch->digits;
            continue;
        }
        if (c < '0' || c > '9' || scratch->blanks)
            return -1;
        scratch->length = scratch->length * 10 + (c - '0');
        scratch->digits++;
    }
    return -1;
}

/* A step through the head: to the next word where no line ends in this one, else to the line behind. Stops with 1, at
 * the empty line, or where it does not tell: then `position` is beyond all bounds. */
static long each_step(__u32 index, void *context)
{
    struct scratch *scratch = *(struct scratch **)context;
    BARRIER();
    const __u64 position = scratch->position;
    scratch->position = NO_POSITION;
    if (position >= scratch->size || position >= HEAD_BYTES)
        return 1;
    const __u64 word = __le64_to_cpu(scratch->words[position >> 3]) ^ EACH('\n');
    /* The top bit of each byte that is a line feed, from `position` on. */
    __u64 feeds = ~(((word & EACH(0x7f)) + EACH(0x7f)) | word | EACH(0x7f));
    feeds &= ~0ULL << ((position & 7) * 8);
    if (!feeds) {
        scratch->position = (position | 7) + 1;
        return 0;
    }
    const __u64 behind = (((feeds & -feeds) - 1) & EACH(1)) * EACH(1) >> 56; /* 1 to 8: the byte after it */
    __u64 line = (position & ~7ULL) + behind;
    asm volatile("" : "+r"(line));
    if (line < 2 || line > HEAD_BYTES)
        return 1;
    const __u8 *bytes = scratch->bytes + line;
    if (*(bytes - 2) != '\r' || bytes[0] == ' ' || bytes[0] == '\t')
        return 1;
    if ((bytes[0] | 0x20) == 'c' && STARTS_WITH(bytes, "content-length")) {
        if (bytes[14] != ':' || scratch->value)
            return 1;
        scratch->value = line + 15;
    } else if ((bytes[0] | 0x20) == 't' && STARTS_WITH(bytes, "transfer-encoding")) {
        return 1;
    }
    scratch->position = line;
    return bytes[0] == '\r';
}

/* The head of the message at the start of the segment's payload, as far as it is told by `head_length`; fails where it does not
 * tell the body's length. */
static __always_inline int read_head(struct __sk_buff *skb, struct scratch *scratch, int has_bpf_loop)
{
    __u64 size = scratch->segment.length;
    scratch->head_length = 0;
    asm volatile("" : "+r"(size)); /* bounds are to be checked on this very register */
    if (size > HEAD_BYTES)
        size = HEAD_BYTES;
    if (size < 4 || bpf_skb_load_bytes(skb, scratch->segment.start, scratch->bytes, size) < 0)
        return -1;
    scratch->size = size;
    scratch->position = 0;
    scratch->value = 0;
    if (has_bpf_loop)
        bpf_loop(HEAD_STEPS, each_step, &scratch, 0);
    else
        for (int i = 0; i < HEAD_STEPS && !each_step(i, &scratch); i++)
            ;
    BARRIER();
    const __u32 line = scratch->position;
    if (line + 2 > scratch->size || line > HEAD_BYTES || scratch->bytes[line] != '\r' || scratch->bytes[line + 1] != '\n')
        return -1;
    scratch->head_length = line + 2;
    return scratch->value ? read_length(scratch) : -1;
}

#endif
