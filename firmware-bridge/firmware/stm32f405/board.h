// What the parts of this board's firmware offer one another.
#ifndef BOARD_H_
#define BOARD_H_

#include <stdbool.h>
#include <stdint.h>

// The crystal of your board, whole MHz from 4 to 26: the PLL makes 168 MHz of any.
#ifndef HSE_HZ
#define HSE_HZ 25000000u
#endif
#define LINE_BAUD 115200u

#define FLASH_BASE 0x08000000u
// 1 MB of flash: the image in sectors 0 to 4; two slots of three sectors each, 5 to 7 and 8 to 10
#define SLOT_A 0x08020000u
#define SLOT_B 0x08080000u
#define SLOT_BYTES 0x60000u
#define ERASE_BYTES 0x20000u
#define PROGRAM_BYTES 4u
// where there is no flash controller (QEMU): slots in the RAM that nothing else uses
#define RAM_SLOT_A 0x2000c000u
#define RAM_SLOT_B 0x20016000u
#define RAM_SLOT_BYTES 0xa000u
#define RAM_ERASE_BYTES 0x1000u
// or, where QEMU was started with a policy in flash: one slot for as much as there is, and a spare one that takes nothing
#define PLACED_SPARE 0x080e0000u
#define PLACED_BYTES 0xc0000u

// Whether this is the chip, and not QEMU's model of it, which has neither clocks nor a flash controller.
bool on_chip(void);

// core clock, Hz, as `clock_start` left it
extern uint32_t core_hz;
// of what `cycles` counts
extern uint32_t counter_hz;

void clock_start(void);
void counter_start(void);
void line_start(void);
void line_wait(void);
void line_flush(void);
void guard_start(void);
// Says that the firmware still gets round: must come every 8 seconds, or the chip restarts.
void guard_alive(void);
// Whether stores may go to flash, as programming does.
void guard_flash(bool writable);

// Waits until all `bits` of a register read as 1 (or 0), at most about `tries` rounds: a part that never reports ready leaves a slow
// board, or a refused update, rather than a dead one. False: it gave up.
bool wait_set(uint32_t address, uint32_t bits, uint32_t tries);
bool wait_clear(uint32_t address, uint32_t bits, uint32_t tries);

// of the linker script
extern uint32_t stack_low[], stack_high[];
extern uint32_t data_start[], data_end[], data_image[], bss_start[], bss_end[], image_end[];

#endif
