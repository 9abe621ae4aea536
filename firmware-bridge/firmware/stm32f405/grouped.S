// Sparse rows for a Cortex-M4F, in place of what the compiler makes of runtime-as/kernel/assembly/grouped.ts: the same operations in the same
// order, each rounded by itself, to the same bits. Weights come several at a time, and a hidden row of up to 15 weights has no loop.
// Nothing is fused, nor is vmla used: a multiplication and an addition take this core 2 cycles, a multiply-accumulate 3.
  .syntax unified
  .cpu cortex-m4
  .fpu fpv4-sp-d16
  .thumb

// s0 += weight * x[next column]. The product waits in s16 or s17, in turn, until the next weight's input is on its way: so nothing waits for
// the multiplier
.macro input temp
  ldrb ip, [r2], #1
  add ip, r3, ip, lsl #2
  vldr \temp, [ip]
.endm
.macro odd weight
  input s16
  vadd.f32 s0, s0, s17
  vmul.f32 s16, s16, \weight
.endm
.macro even weight
  input s17
  vadd.f32 s0, s0, s16
  vmul.f32 s17, s17, \weight
.endm

// all `count` weights of a row or a part of it, 0 to 15, in s1 and on
.macro products count
  .if \count > 0
    input s16
    vmul.f32 s16, s16, s1
  .endif
  .if \count >= 2
    even s2
  .endif
  .if \count >= 3
    odd s3
  .endif
  .if \count >= 4
    even s4
  .endif
  .if \count >= 5
    odd s5
  .endif
  .if \count >= 6
    even s6
  .endif
  .if \count >= 7
    odd s7
  .endif
  .if \count >= 8
    even s8
  .endif
  .if \count >= 9
    odd s9
  .endif
  .if \count >= 10
    even s10
  .endif
  .if \count >= 11
    odd s11
  .endif
  .if \count >= 12
    even s12
  .endif
  .if \count >= 13
    odd s13
  .endif
  .if \count >= 14
    even s14
  .endif
  .if \count >= 15
    odd s15
  .endif
  .if \count > 0
    .if \count & 1
      vadd.f32 s0, s0, s16
    .else
      vadd.f32 s0, s0, s17
    .endif
  .endif
.endm

// y = s0, or max(s0, 0) with NaN of either sign kept (relu.ts)
.macro result relu
  .if \relu
    vmov ip, s0
    add r8, ip, r9
    and r8, r8, ip
    bic ip, ip, r8, asr #31
    str ip, [r4], #4
  .else
    vstmia r4!, {s0}
  .endif
.endm

// every row of a run, `length` weights each
.macro rows length, relu
rows_\length\()_\relu:
  .if \length > 0
    vldmia r1!, {s0-s\length}
  .else
    vldmia r1!, {s0}
  .endif
  products \length
  result \relu
  cmp r4, r7
  bne rows_\length\()_\relu
  b run_\relu
.endm

// what is left of a row after its blocks of eight
.macro rest length, relu
rest_\length\()_\relu:
  .if \length > 1
    vldmia r1!, {s1-s\length}
  .elseif \length == 1
    vldmia r1!, {s1}
  .endif
  products \length
  b row_done_\relu
.endm

// of a table for tbh: how far behind the table the code for this length lies
.macro entry code, length, relu, table
  .hword (\code\()_\length\()_\relu - \table\()_\relu) / 2
.endm

// void name(runs, values, columns, x, y, rows): {row length, rows of it} u16 each until all rows are done; values f32, columns u8, x and y
// f32. short: the longest row without a loop
.macro grouped name, relu, short
  .section .text.\name, "ax"
  .balign 4
  .global \name
  .type \name, %function
  .thumb_func
\name:
  push {r4-r10, lr}
  vpush {s16-s17}
  ldr r4, [sp, #40]
  ldr r5, [sp, #44]
  add r5, r4, r5, lsl #2
  .if \relu
    ldr r9, =0x7fffff
  .endif
run_\relu:
  cmp r4, r5
  bhs end_\relu
  ldrh r6, [r0], #2
  ldrh r7, [r0], #2
  add r7, r4, r7, lsl #2
  .if \short > 0
    cmp r6, #\short
    bls exact_\relu
  .endif
  and r10, r6, #7
long_row_\relu:
  vldmia r1!, {s0}
  lsrs lr, r6, #3
  beq blocks_done_\relu
block_\relu:
  vldmia r1!, {s1-s8}
  products 8
  subs lr, #1
  bne block_\relu
blocks_done_\relu:
  tbh [pc, r10, lsl #1]
rests_\relu:
  .irp length, 0, 1, 2, 3, 4, 5, 6, 7
    entry rest, \length, \relu, rests
  .endr
  .irp length, 0, 1, 2, 3, 4, 5, 6, 7
  rest \length, \relu
  .endr
row_done_\relu:
  result \relu
  cmp r4, r7
  bne long_row_\relu
  b run_\relu
  .if \short > 0
exact_\relu:
  tbh [pc, r6, lsl #1]
lengths_\relu:
  .irp length, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    entry rows, \length, \relu, lengths
  .endr
  .irp length, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
  rows \length, \relu
  .endr
  .endif
end_\relu:
  vpop {s16-s17}
  pop {r4-r10, pc}
  .ltorg
.endm

grouped native_groupedU8Relu, 1, 15
grouped native_groupedU8, 0, 0
