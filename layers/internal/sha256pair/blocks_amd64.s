#include "textflag.h"

// The two states, and the message's schedule, four words a register.
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

// LOAD reads four words of the message, which are big-endian.
#define LOAD(i, m) \
	MOVOU  (i*16)(SI), m; \
	PSHUFB MASK, m

// ROUNDS does rounds 4i to 4i+3 of both states with the words m. SHA256RNDS2
// does two, and takes words and constants from X0. Neither state waits for
// the other, and each keeps the unit busy while the other's result is due.
#define ROUNDS(i, m) \
	MOVOU       (i*16)(R8), X0;   \
	PADDD       m, X0;            \
	SHA256RNDS2 X0, ABEF0, CDGH0; \
	SHA256RNDS2 X0, ABEF1, CDGH1; \
	PSHUFD      $0x0e, X0, X0;    \
	SHA256RNDS2 X0, CDGH0, ABEF0; \
	SHA256RNDS2 X0, CDGH1, ABEF1

// EXTEND turns four words of the schedule, a, into those 16 words on. d has
// the newest words and c those before; SHA256MSG1 has done its part of a.
#define EXTEND(a, c, d) \
	MOVO       d, TMP;     \
	PALIGNR    $4, c, TMP; \
	PADDD      TMP, a;     \
	SHA256MSG2 d, a

// func blocks(a, b *lanes, k *[64]uint32, p *byte, n int)
TEXT ·blocks(SB), NOSPLIT, $0-40
	MOVQ  a+0(FP), DI
	MOVQ  b+8(FP), DX
	MOVQ  k+16(FP), R8
	MOVQ  p+24(FP), SI
	MOVQ  n+32(FP), CX
	MOVOU swap<>(SB), MASK
	MOVOU (DI), ABEF0
	MOVOU 16(DI), CDGH0
	MOVOU (DX), ABEF1
	MOVOU 16(DX), CDGH1

loop:
	MOVO ABEF0, X11
	MOVO CDGH0, X12
	MOVO ABEF1, X13
	MOVO CDGH1, X14

	LOAD(0, M0)
	ROUNDS(0, M0)
	LOAD(1, M1)
	ROUNDS(1, M1)
	SHA256MSG1 M1, M0
	LOAD(2, M2)
	ROUNDS(2, M2)
	SHA256MSG1 M2, M1
	LOAD(3, M3)
	EXTEND(M0, M2, M3)
	ROUNDS(3, M3)
	SHA256MSG1 M3, M2
	EXTEND(M1, M3, M0)
	ROUNDS(4, M0)
	SHA256MSG1 M0, M3
	EXTEND(M2, M0, M1)
	ROUNDS(5, M1)
	SHA256MSG1 M1, M0
	EXTEND(M3, M1, M2)
	ROUNDS(6, M2)
	SHA256MSG1 M2, M1
	EXTEND(M0, M2, M3)
	ROUNDS(7, M3)
	SHA256MSG1 M3, M2
	EXTEND(M1, M3, M0)
	ROUNDS(8, M0)
	SHA256MSG1 M0, M3
	EXTEND(M2, M0, M1)
	ROUNDS(9, M1)
	SHA256MSG1 M1, M0
	EXTEND(M3, M1, M2)
	ROUNDS(10, M2)
	SHA256MSG1 M2, M1
	EXTEND(M0, M2, M3)
	ROUNDS(11, M3)
	SHA256MSG1 M3, M2
	EXTEND(M1, M3, M0)
	ROUNDS(12, M0)
	SHA256MSG1 M0, M3
	EXTEND(M2, M0, M1)
	ROUNDS(13, M1)
	EXTEND(M3, M1, M2)
	ROUNDS(14, M2)
	ROUNDS(15, M3)

	PADDD X11, ABEF0
	PADDD X12, CDGH0
	PADDD X13, ABEF1
	PADDD X14, CDGH1
	ADDQ  $64, SI
	DECQ  CX
	JNZ   loop

	MOVOU ABEF0, (DI)
	MOVOU CDGH0, 16(DI)
	MOVOU ABEF1, (DX)
	MOVOU CDGH1, 16(DX)
	RET

// swap turns the bytes of each word round.
DATA swap<>+0(SB)/8, $0x0405060700010203
DATA swap<>+8(SB)/8, $0x0c0d0e0f08090a0b
GLOBL swap<>(SB), RODATA|NOPTR, $16

// func cpuid(leaf, sub uint32) (b, c uint32)
TEXT ·cpuid(SB), NOSPLIT, $0-16
	MOVL leaf+0(FP), AX
	MOVL sub+4(FP), CX
	CPUID
	MOVL BX, b+8(FP)
	MOVL CX, c+12(FP)
	RET
