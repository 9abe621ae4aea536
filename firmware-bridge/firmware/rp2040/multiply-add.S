// float multiply_add(float sum, float weight, float input): sum + (float)(weight * input), to the bit as two IEEE 754 operations, each
// rounded to nearest even. libgcc's two routines take more than twice as long. Done here: zeros, and normal numbers whose product and sum
// stay between 2^-101 and 2^126, so that no later step can leave the normal range. The rest goes to libgcc.
  .syntax unified
  .cpu cortex-m0plus
  .thumb
  .section .text.multiply_add, "ax"
  // exponents that are done here, biased by 127: a sum of two such loses at most 24 by cancellation, and gains at most 1
  .equ LOWEST, 26
  .equ HIGHEST, 252
  .balign 4
  .global multiply_add
  .type multiply_add, %function

// r0 sum, r1 weight, r2 input, nothing pushed
hard_at_once:
  push {r4-r7, lr}
  mov ip, r1
  mov lr, r2
// r0 sum, ip weight, lr input
hard:
  movs r4, r0
  mov r0, ip
  mov r1, lr
  bl __aeabi_fmul
  movs r1, r0
  movs r0, r4
  bl __aeabi_fadd
  pop {r4-r7, pc}

// weight of exponent 0, input finite
weight_small:
  lsls r1, r1, #1
  bne hard
  lsls r1, r0, #1
  bne unchanged
  ands r0, r3 // -0 only if both are
unchanged:
  pop {r4-r7, pc}

sum_extreme:
  lsls r1, r0, #1
  bne hard
  lsrs r0, r3, #31
  lsls r0, r0, #31
  adds r4, #LOWEST - 1
  lsls r4, r4, #23
  adds r2, r4
  orrs r0, r2
  pop {r4-r7, pc}

// input 0, as many are after a ReLU: nothing is pushed yet. A product of 0 leaves the sum as it is, unless both are 0
input_zero:
  lsls r3, r1, #1
  lsrs r3, r3, #24
  cmp r3, #255
  beq hard_at_once
  lsls r3, r0, #1
  bne return
  eors r1, r2
  ands r0, r1 // -0 only if both are
return:
  bx lr

// r0 sum, r1 weight, r2 input; ip and lr keep weight and input
  .thumb_func
multiply_add:
  lsls r3, r2, #1
  beq input_zero
  push {r4-r7, lr}
  mov ip, r1
  mov lr, r2
  lsrs r5, r3, #24 // exponents, biased by 127
  beq hard
  cmp r5, #255
  beq hard
  movs r3, r1
  eors r3, r2 // bit 31: sign of the product
  lsls r4, r1, #1
  lsrs r4, r4, #24
  beq weight_small
  cmp r4, #255
  beq hard
  adds r4, r5
  subs r4, #126 + LOWEST // the product's, from LOWEST on, if its significand is 2 or more

  // significands of 24 bits by parts of 16 and 8
  movs r7, #1
  lsls r7, r7, #31
  uxtb r5, r1
  uxtb r6, r2
  lsls r1, r1, #8
  orrs r1, r7
  lsrs r1, r1, #16
  lsls r2, r2, #8
  orrs r2, r7
  lsrs r2, r2, #16
  movs r7, r5
  muls r7, r6, r7 // low * low
  muls r5, r2, r5
  muls r6, r1, r6
  adds r6, r5
  lsrs r5, r7, #8
  adds r6, r5 // high * low, both, and what low * low carries
  muls r1, r2, r1
  lsrs r5, r6, #8
  adds r1, r5 // the upper 32 bits of 48; bits 7..0 of r6 and of r7 are the rest
  bmi two_or_more
  lsls r1, r1, #1 // its new bit 0 belongs to the rest
  subs r4, #1
two_or_more:
  lsrs r2, r1, #8 // 24 bits; the carry is the first bit cut off
  bcc product_rounded
  adds r2, #1
  lsls r5, r1, #25
  bne product_rounded
  orrs r6, r7
  lsls r6, r6, #24
  bne product_rounded
  movs r5, #1 // exactly half: to even
  bics r2, r5
product_rounded:
  // r2 at exponent r4: 2^23..2^24. All that follows is right for 2^24, too
  cmp r4, #HIGHEST - LOWEST
  bhi hard

  lsls r5, r0, #1
  lsrs r5, r5, #24
  subs r5, #LOWEST
  cmp r5, #HIGHEST - LOWEST
  bhi sum_extreme
  lsls r1, r0, #9
  lsrs r1, r1, #2
  movs r6, #1
  lsls r6, r6, #30
  orrs r1, r6 // the sum's significand, its first bit at 30
  lsls r2, r2, #7 // the product's, likewise
  eors r3, r0 // bit 31: the signs differ
  subs r6, r5, r4
  bge align
  rsbs r6, r6, #0 // the product is larger: change places
  movs r7, r1
  movs r1, r2
  movs r2, r7
  movs r5, r4
  eors r0, r3
align:
  // r1 larger at exponent r5, sign in r0; r2 belongs r6 places to the right. Its last 7 bits are 0; others that fall off leave a mark
  cmp r6, #7
  bls shift
  movs r4, #32
  subs r4, r6
  movs r7, r2
  lsls r7, r4
  beq shift
  lsrs r2, r6
  movs r7, #1
  orrs r2, r7
  b aligned
shift:
  lsrs r2, r6
aligned:
  lsrs r0, r0, #31
  lsls r0, r0, #31
  cmp r3, #0
  bmi subtract
  adds r1, r2
  bmi carried
  lsls r1, r1, #1
  adds r5, #LOWEST - 1
round:
  // r1: first bit at 31; r5: its biased exponent less 1
  lsrs r2, r1, #8
  bcc pack
  adds r2, #1
  lsls r1, r1, #25
  bne pack
  movs r1, #1
  bics r2, r1
pack:
  lsls r5, r5, #23
  adds r2, r5 // its first bit, and a carry of the rounding, count the exponent up
  orrs r0, r2
  pop {r4-r7, pc}

subtract:
  subs r1, r2
  beq cancelled
  bcs positive
  movs r4, #1
  lsls r4, r4, #31
  eors r0, r4
  rsbs r1, r1, #0
positive:
  bmi carried
  adds r5, #LOWEST
normalise:
  subs r5, #1
  lsls r1, r1, #1
  bpl normalise
  b round
carried:
  adds r5, #LOWEST
  b round
cancelled:
  movs r0, #0
  pop {r4-r7, pc}
