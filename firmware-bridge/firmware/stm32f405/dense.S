// Dense layers for a Cortex-M4F, in place of what the compiler makes of runtime-as/kernel/assembly/dense.ts: the same operations in the same
// order, each rounded by itself, to the same bits. Four columns at a time, so that a teacher is no weaker a baseline than it need be.
  .syntax unified
  .cpu cortex-m4
  .fpu fpv4-sp-d16
  .thumb

// one column of four rows: input in \input
.macro column input
  vldmia r0!, {s8-s11}
  vmul.f32 s8, s8, \input
  vmul.f32 s9, s9, \input
  vmul.f32 s10, s10, \input
  vmul.f32 s11, s11, \input
  vadd.f32 s0, s0, s8
  vadd.f32 s1, s1, s9
  vadd.f32 s2, s2, s10
  vadd.f32 s3, s3, s11
.endm

// void native_dense(values, x, y, rows, columns): four rows side by side, then the rest one by one
  .section .text.native_dense, "ax"
  .balign 4
  .global native_dense
  .type native_dense, %function
  .thumb_func
native_dense:
  push {r4-r7, lr}
  ldr r4, [sp, #20]
  lsrs r5, r4, #2 // columns, by fours
  and r4, r4, #3  // and the rest
fours:
  subs r3, #4
  blo ones
  vldmia r0!, {s0-s3}
  mov ip, r1
  movs r6, r5
  beq fours_rest
fours_columns:
  vldmia ip!, {s4-s7}
  column s4
  column s5
  column s6
  column s7
  subs r6, #1
  bne fours_columns
fours_rest:
  movs r6, r4
  beq fours_done
fours_column:
  vldmia ip!, {s4}
  column s4
  subs r6, #1
  bne fours_column
fours_done:
  vstmia r2!, {s0-s3}
  b fours
ones:
  adds r3, #4
  beq dense_end
one:
  vldmia r0!, {s0}
  mov ip, r1
  movs r6, r5
  beq one_rest
one_columns:
  vldmia ip!, {s4-s7}
  vldmia r0!, {s8-s11}
  vmul.f32 s8, s8, s4
  vmul.f32 s9, s9, s5
  vadd.f32 s0, s0, s8
  vmul.f32 s10, s10, s6
  vadd.f32 s0, s0, s9
  vmul.f32 s11, s11, s7
  vadd.f32 s0, s0, s10
  subs r6, #1
  vadd.f32 s0, s0, s11
  bne one_columns
one_rest:
  movs r6, r4
  beq one_done
one_column:
  vldmia ip!, {s4}
  vldmia r0!, {s8}
  vmul.f32 s8, s8, s4
  subs r6, #1
  vadd.f32 s0, s0, s8
  bne one_column
one_done:
  vstmia r2!, {s0}
  subs r3, #1
  bne one
dense_end:
  pop {r4-r7, pc}
