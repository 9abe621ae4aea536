// void native_rowsFixed(core, d, x, y): a layer in fixed point for a Cortex-M0+, in place of what the compiler makes of
// runtime-as/kernel/assembly/fixed.ts, to the same bits. It keeps every address of a row in registers: 12 cycles a weight, 30 a row.
  .syntax unified
  .cpu cortex-m0plus
  .thumb
  // of the core's header and of a descriptor, as in runtime-as/kernel/assembly/layout.ts
  .equ LAYERS, 8
  .equ HEADER, 36
  .equ DESCRIPTOR, 24
  .equ ACTIVATION, 1
  .equ COLUMN_TYPE, 3
  .equ ROWS, 4
  .equ COLUMNS, 6
  .equ RUNS_AT, 8
  .equ VALUES_AT, 12
  .equ COLUMNS_AT, 16
  .equ SCALES_AT, 20
  .equ RELU, 1
  .equ U8, 1
  // on the stack
  .equ ROW_BYTES, 0
  .equ HEADS_END, 4
  .equ RELU_MASK, 8
  .equ NOT_LAST, 12
  .equ RUN, 16
  .equ TYPE, 20
  .equ FRAME, 28
  .section .text.native_rowsFixed, "ax"
  .balign 4
  .global native_rowsFixed
  .type native_rowsFixed, %function

// r0 core, r1 d, r2 x, r3 y
  .thumb_func
native_rowsFixed:
  push {r4-r7, lr}
  mov r4, r8
  mov r5, r9
  mov r6, r10
  mov r7, r11
  push {r4-r7}
  sub sp, #FRAME
  mov r8, r3
  movs r3, r2
  ldrh r4, [r0, #LAYERS]
  subs r4, #1
  movs r5, #DESCRIPTOR
  muls r4, r5, r4
  adds r4, r0
  adds r4, #HEADER
  subs r4, r1
  str r4, [sp, #NOT_LAST]
  ldrb r4, [r1, #ACTIVATION]
  movs r5, #0
  cmp r4, #RELU
  bne no_relu
  mvns r5, r5
no_relu:
  str r5, [sp, #RELU_MASK]
  ldrh r4, [r1, #ROWS]
  lsls r4, r4, #2
  str r4, [sp, #ROW_BYTES]
  ldr r7, [r1, #SCALES_AT]
  adds r7, r0
  ldrh r5, [r1, #COLUMNS]
  mov r11, r5
  movs r6, r0
  adds r6, #HEADER
  cmp r6, r1
  bne no_multipliers
  lsls r6, r5, #2
  adds r7, r6
no_multipliers:
  adds r4, r7
  str r4, [sp, #HEADS_END]
  mov r9, r4
  ldr r4, [r1, #RUNS_AT]
  adds r4, r0
  str r4, [sp, #RUN]
  ldr r2, [r1, #VALUES_AT]
  adds r2, r0
  ldrb r6, [r1, #COLUMN_TYPE]
  str r6, [sp, #TYPE]
  ldr r4, [r1, #COLUMNS_AT]
  adds r4, r0
  movs r1, r4
  ldr r4, =sum_u8
  cmp r6, #U8
  beq grouped
  ldr r4, =sum_u16
  bhi grouped
  // dense: r1 stays behind the last input
  lsls r1, r5, #1
  adds r1, r3
  movs r4, #0
  mov r10, r4
  ldr r4, =sum_dense
  mov ip, r4
  b row
grouped:
  mov ip, r4
run:
  ldr r4, [sp, #HEADS_END]
  cmp r7, r4
  beq end
  ldr r4, [sp, #RUN]
  ldrh r5, [r4]
  mov r11, r5
  ldrh r6, [r4, #2]
  adds r4, #4
  str r4, [sp, #RUN]
  lsls r6, r6, #2
  adds r6, r7
  mov r9, r6
  ldr r6, [sp, #TYPE] // the bytes of a column number
  muls r5, r6, r5
  mov r10, r5

// r0 sum; r1 and r2 end of the row's columns and weights, r6 how far before it, r3 x, r7 head, r8 y, r9 end of the run's heads, r10 bytes of
// a row's columns, r11 its length, ip how it is summed
row:
  ldr r0, [r7]
  add r1, r10
  mov r6, r11
  adds r2, r6
  rsbs r6, r6, #0
  beq summed
  bx ip
  .thumb_func
sum_u8:
  ldrb r4, [r1, r6]
  lsls r4, r4, #1
  ldrsh r4, [r3, r4]
  ldrsb r5, [r2, r6]
  muls r4, r5, r4
  adds r0, r4
  adds r6, #1
  bne sum_u8
summed:
  ldr r4, [sp, #NOT_LAST]
  cmp r4, #0
  beq last
  asrs r4, r0, #31
  ldr r5, [sp, #RELU_MASK]
  ands r4, r5
  bics r0, r4
  ldr r4, [r7]
  movs r5, #31
  ands r4, r5
  asrs r0, r4
  sxth r4, r0
  cmp r4, r0
  bne clamp
  movs r5, #1
  lsls r5, r5, #15
  cmn r0, r5
  beq clamp
clamped:
  mov r4, r8
  strh r0, [r4]
  adds r4, #2
  mov r8, r4
next:
  adds r7, #4
  cmp r7, r9
  bne row
  b run

// 32767 with the sum's sign
clamp:
  asrs r0, r0, #31
  ldr r4, =32767
  eors r4, r0
  subs r0, r4, r0
  b clamped

  .thumb_func
sum_u16:
  lsls r4, r6, #1
  ldrh r4, [r1, r4]
  lsls r4, r4, #1
  ldrsh r4, [r3, r4]
  ldrsb r5, [r2, r6]
  muls r4, r5, r4
  adds r0, r4
  adds r6, #1
  bne sum_u16
  b summed

  .thumb_func
sum_dense:
  lsls r4, r6, #1
  ldrsh r4, [r1, r4]
  ldrsb r5, [r2, r6]
  muls r4, r5, r4
  adds r0, r4
  adds r6, #1
  bne sum_dense
  b summed

// the last layer's row: scale * sum, in f32
last:
  mov r4, ip
  push {r1-r4}
  bl __aeabi_i2f
  ldr r4, [sp, #16 + ROW_BYTES]
  ldr r1, [r7, r4]
  bl __aeabi_fmul
  pop {r1-r4}
  mov ip, r4
  mov r4, r8
  str r0, [r4]
  adds r4, #4
  mov r8, r4
  b next

end:
  add sp, #FRAME
  pop {r4-r7}
  mov r8, r4
  mov r9, r5
  mov r10, r6
  mov r11, r7
  pop {r4-r7, pc}
  .ltorg
