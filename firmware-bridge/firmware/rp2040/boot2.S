// The first 256 bytes of flash. The boot ROM copies them to RAM, checks the CRC-32 in their last word (the build writes it) and runs
// them. They make flash readable at its address by plain 03h reads, which every serial flash knows, and enter the image through its
// vector table.
  .syntax unified
  .cpu cortex-m0plus
  .thumb
  .section .boot2, "ax"

  ldr r3, =0x18000000 // SSI
  movs r1, #0
  str r1, [r3, #0x08] // SSIENR: off while it is set up
  movs r1, #4
  str r1, [r3, #0x14] // BAUDR: clock / 4
  ldr r1, =(31 << 16) | (3 << 8) // 32-bit frames; send a command and an address, then read
  str r1, [r3, #0x00] // CTRLR0
  ldr r1, =(0x03 << 24) | (2 << 8) | (6 << 2) // command 03h of 8 bits, 24 bits of address, all on one wire
  ldr r0, =0x180000f4 // SPI_CTRLR0
  str r1, [r0]
  movs r1, #0
  str r1, [r3, #0x04] // CTRLR1: one frame a read
  movs r1, #1
  str r1, [r3, #0x08] // on

  ldr r0, =0x10000100
  ldr r1, =0xe000ed08 // VTOR
  str r0, [r1]
  ldmia r0!, {r1, r2}
  mov sp, r1
  bx r2
  .ltorg
