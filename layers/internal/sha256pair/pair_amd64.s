//go:build !purego

#include "textflag.h"

// The two states go by the names of FIPS 180-4, packed as SHA256RNDS2 wants
// them: A, B, E, F in one register and C, D, G, H in the other.
#define ABEF0 X1
#define CDGH0 X2
#define ABEF1 X3
#define CDGH1 X4
#define M0 X5
#define M1 X6
#define M2 X7
#define M3 X8
#define TMP X9
#define MASK X10

// ROUNDS does four rounds of both states with the schedule's words m. X0 is
// where SHA256RNDS2 takes words and constants from. Four rounds leave A to H in
// the registers they were in.
#define ROUNDS(m, i) \
	MOVOU       (i*16)(R8), X0; \
	PADDD       m, X0;          \
	SHA256RNDS2 X0, ABEF0, CDGH0; \
	SHA256RNDS2 X0, ABEF1, CDGH1; \
	PSHUFD      $0x0e, X0, X0;  \
	SHA256RNDS2 X0, CDGH0, ABEF0; \
	SHA256RNDS2 X0, CDGH1, ABEF1

// LOAD reads four words of the message, which are big-endian.
#define LOAD(m, i) \
	MOVOU  (i*16)(SI), m; \
	PSHUFB MASK, m

// EXTEND makes the next four words of the schedule out of the last sixteen:
// next holds the oldest, begun by BEGIN, and last the newest.
#define EXTEND(next, before, last) \
	MOVO       last, TMP;       \
	PALIGNR    $4, before, TMP; \
	PADDD      TMP, next;       \
	SHA256MSG2 last, next

// BEGIN begins to turn the words m into those 16 words on; after follows m.
#define BEGIN(m, after) \
	SHA256MSG1 after, m

// STATE loads A to H from (p) into abef and cdgh.
#define STATE(p, abef, cdgh) \
	MOVOU   (p), abef;         \ // D C B A
	MOVOU   16(p), cdgh;       \ // H G F E
	PSHUFD  $0xb1, abef, abef; \ // C D A B
	PSHUFD  $0x1b, cdgh, cdgh; \ // E F G H
	MOVO    abef, TMP;         \
	PALIGNR $8, cdgh, abef;    \ // A B E F
	PUNPCKHQDQ_BLEND(TMP, cdgh)

// func blocks(a, b *[8]uint32, p *byte, n int)
