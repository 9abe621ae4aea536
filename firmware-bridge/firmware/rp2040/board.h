// What the parts of this board's firmware offer one another.
#ifndef BOARD_H_
#define BOARD_H_

#include <stdint.h>

#define CLOCK_HZ 125000000u
#define LINE_BAUD 115200u

#define FLASH_BASE 0x10000000u
#define ERASE_BYTES 4096u
#define PROGRAM_BYTES 256u
// 2 MB of flash: the image in the lower half, two slots in the upper
#define SLOT_A 0x10100000u
#define SLOT_B 0x10180000u
#define SLOT_BYTES 0x80000u

// Runs from RAM, as everything must while flash does not answer reads.
#define IN_RAM __attribute__((section(".data.code"), noinline, long_call))

void clock_start(void);
void counter_start(void);
void line_start(void);
void line_wait(void);

// of the linker script
extern uint32_t stack_low[], stack_high[];
extern uint32_t data_start[], data_end[], data_image[], bss_start[], bss_end[], image_end[];

#endif
