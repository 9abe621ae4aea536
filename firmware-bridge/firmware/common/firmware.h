// What the parts of a board's firmware offer one another: what common/ asks of a board's folder, and what it gives it.
#ifndef FIRMWARE_H_
#define FIRMWARE_H_

#include <stdbool.h>
#include <stdint.h>

// A test puts a model of the chip in place of registers and core.
#ifndef REGISTER
#define REGISTER(address) (*(volatile uint32_t *)(address))
#include "core.h"
#endif

// the line's own speed, from each start on
#define LINE_BAUD 115200u

// What the device is told of the board. runtime-as/kernel/assembly/device/table.ts gives the order.
struct facts {
  uint32_t state, state_bytes, slot_a, slot_b, slot_bytes, erase_bytes, program_bytes, clock_hz, static_bytes, image_bytes;
  uint32_t stack_bytes, stack;
  char name[16];
  uint32_t image;
  uint32_t seed;
  uint32_t keys_a, keys_b, keys_bytes;
  // the line's speed is line_hz over a divisor, line_least or more; both 0: it has none that can be set
  uint32_t line_hz, line_least;
#ifdef SIGNED
  // flash for lock and counter, and a public key, if one is compiled in
  uint32_t vault, vault_bytes, key;
#endif
};

// Of a board. In this order, once memory is set up:
void clock_start(void);
void counter_start(void);
void line_start(void);
// then its slots, units of flash, the counter's frequency, what the line's speed comes from, and a seed, a number that differs at each start (0: it has none),
// and flash for keys, if there is any; the rest is known.
// Its name, of 1 to 16 characters.
const char *board_facts(struct facts *facts);
// Sleeps until bytes have arrived since the last call, or until the time is to be looked at; the main loop calls it each time round.
void line_wait(void);
void line_interrupt(void);
void counter_interrupt(void);
// What every reset handler goes on with once it runs on a stack and in C: memory, the board's parts, main.
void begin(void) __attribute__((noreturn));
// Where a fault leads; without one of the board's own it stops at a breakpoint.
void board_fault(void);

// of the linker script
extern uint32_t stack_low[], stack_high[];
extern uint32_t data_start[], data_end[], data_image[], bss_start[], bss_end[], image_end[];

#endif
