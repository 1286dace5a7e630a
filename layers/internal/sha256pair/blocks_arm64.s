#include "textflag.h"

// ROUNDS does four rounds of both states with the words m and the constants k.
// V0, V1 are the first state and V2, V3 the second.
#define ROUNDS(m, k) \
	VADD     m.S4, k.S4, V8.S4;   \
	VMOV     V0.B16, V9.B16;      \
	VMOV     V2.B16, V10.B16;     \
	SHA256H  V8.S4, V1, V0;       \
	SHA256H  V8.S4, V3, V2;       \
	SHA256H2 V8.S4, V9, V1;       \
	SHA256H2 V8.S4, V10, V3

// EXTEND turns four words of the schedule, a, into those 16 words on; b, c and
// d are what follows a.
#define EXTEND(a, b, c, d) \
	SHA256SU0 b.S4, a.S4; \
	SHA256SU1 d.S4, c.S4, a.S4

// func blocks(a, b *lanes, k *[64]uint32, p *byte, n int)
TEXT ·blocks(SB), NOSPLIT, $0-40
	MOVD   a+0(FP), R0
	MOVD   b+8(FP), R1
	MOVD   k+16(FP), R2
	MOVD   p+24(FP), R3
	MOVD   n+32(FP), R4
	VLD1   (R0), [V0.S4, V1.S4]
	VLD1   (R1), [V2.S4, V3.S4]
	VLD1.P 64(R2), [V16.S4, V17.S4, V18.S4, V19.S4]
	VLD1.P 64(R2), [V20.S4, V21.S4, V22.S4, V23.S4]
	VLD1.P 64(R2), [V24.S4, V25.S4, V26.S4, V27.S4]
	VLD1   (R2), [V28.S4, V29.S4, V30.S4, V31.S4]

loop:
	VLD1.P 64(R3), [V4.B16, V5.B16, V6.B16, V7.B16]
	VMOV   V0.B16, V11.B16
	VMOV   V1.B16, V12.B16
	VMOV   V2.B16, V13.B16
	VMOV   V3.B16, V14.B16
	VREV32 V4.B16, V4.B16
	VREV32 V5.B16, V5.B16
	VREV32 V6.B16, V6.B16
	VREV32 V7.B16, V7.B16

	ROUNDS(V4, V16)
	EXTEND(V4, V5, V6, V7)
	ROUNDS(V5, V17)
	EXTEND(V5, V6, V7, V4)
	ROUNDS(V6, V18)
	EXTEND(V6, V7, V4, V5)
	ROUNDS(V7, V19)
	EXTEND(V7, V4, V5, V6)
	ROUNDS(V4, V20)
	EXTEND(V4, V5, V6, V7)
	ROUNDS(V5, V21)
	EXTEND(V5, V6, V7, V4)
	ROUNDS(V6, V22)
	EXTEND(V6, V7, V4, V5)
	ROUNDS(V7, V23)
	EXTEND(V7, V4, V5, V6)
	ROUNDS(V4, V24)
	EXTEND(V4, V5, V6, V7)
	ROUNDS(V5, V25)
	EXTEND(V5, V6, V7, V4)
	ROUNDS(V6, V26)
	EXTEND(V6, V7, V4, V5)
	ROUNDS(V7, V27)
	EXTEND(V7, V4, V5, V6)
	ROUNDS(V4, V28)
	ROUNDS(V5, V29)
	ROUNDS(V6, V30)
	ROUNDS(V7, V31)

	VADD V11.S4, V0.S4, V0.S4
	VADD V12.S4, V1.S4, V1.S4
	VADD V13.S4, V2.S4, V2.S4
	VADD V14.S4, V3.S4, V3.S4
	SUB  $1, R4
	CBNZ R4, loop

	VST1 [V0.S4, V1.S4], (R0)
	VST1 [V2.S4, V3.S4], (R1)
	RET
