// What the parts of this board's firmware offer one another, and the registers of QEMU's machine `virt`, named as in the manuals of what it
// copies: CLINT and PLIC of SiFive, a 16550 UART, flash with Intel's commands (CFI 0001).
#ifndef BOARD_H_
#define BOARD_H_

#include "firmware.h"

#define CLINT_MTIMECMP 0x02004000
#define CLINT_MTIME 0x0200bff8
#define MTIME_HZ 10000000u

#define PLIC_PRIORITY 0x0c000000
#define PLIC_ENABLE 0x0c002000
#define PLIC_THRESHOLD 0x0c200000
#define PLIC_CLAIM 0x0c200004
#define LINE_IRQ 10

#define UART_BYTE(at) (*(volatile uint8_t *)(0x10000000 + (at)))
#define UART_DATA UART_BYTE(0)
#define UART_IER UART_BYTE(1)
#define UART_FCR UART_BYTE(2)
#define UART_LCR UART_BYTE(3)
#define UART_LSR UART_BYTE(5)
#define LSR_RECEIVED (1u << 0)
#define LSR_TAKES_MORE (1u << 5)
#define LSR_ALL_SENT (1u << 6)
// its clock, 16 samples a bit
#define LINE_HZ (3686400u / 16)
#define LINE_LEAST 1u

// Google's real-time clock: nanoseconds of the host's. Reading the low word keeps the high one for the next read.
#define RTC_LOW 0x00101000
#define RTC_HIGH 0x00101004

// A number that differs at each start.
uint32_t noise(void);

// SiFive's test device; this value restarts the machine
#define FINISHER 0x00100000
#define FINISHER_RESET 0x7777u

// Two banks: the image runs from the one, policies lie in the other, so that code can be fetched while flash is busy.
#define FLASH_BASE 0x20000000u
#define SLOT_A 0x22000000u
#define SLOT_B 0x22100000u
#define SLOT_BYTES 0x100000u
// a word is one unit of each of two chips of 16 bits side by side; so is every command
#define ERASE_BYTES 0x40000u
#define PROGRAM_BYTES 4u
#define BUFFER_BYTES 2048u

#endif
