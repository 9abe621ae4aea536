// What the parts of this board's firmware offer one another, and the registers that they use, named as in the RP2040's datasheet.
#ifndef BOARD_H_
#define BOARD_H_

#include "firmware.h"

#define CLOCK_HZ 125000000u

// interrupts of the chip, and UART0's
#define IRQS 32
#define LINE_IRQ 20

#define FLASH_BASE 0x10000000u
#define ERASE_BYTES 4096u
#define PROGRAM_BYTES 256u
// 2 MB of flash: the image in the lower half, behind it the key of sessions in two halves, in the upper half two slots
#define KEYS_A 0x100f0000u
#define KEYS_B 0x100f1000u
#define SLOT_A 0x10100000u
#define SLOT_B 0x10180000u
#define SLOT_BYTES 0x80000u
// before the slots: lock and counter of firmware with signatures, two sectors
#define VAULT 0x100fe000u
#define VAULT_BYTES 0x2000u

// Runs from RAM, as everything must while flash does not answer reads.
#define IN_RAM __attribute__((section(".data.code"), noinline, long_call))

// writing here sets or clears the bits that are 1
#define SET(address) REGISTER((address) + 0x2000)
#define CLEAR(address) REGISTER((address) + 0x3000)

#define SSI_SSIENR 0x18000008
#define SSI_BAUDR 0x18000014

// Bits of noise from the ring oscillator: different at each start on a chip.
uint32_t noise(void);

#define CLOCKS_CLK_REF_CTRL 0x40008030
#define CLOCKS_CLK_REF_SELECTED 0x40008038
#define CLOCKS_CLK_SYS_CTRL 0x4000803c
#define CLOCKS_CLK_SYS_DIV 0x40008040
#define CLOCKS_CLK_SYS_SELECTED 0x40008044
#define CLOCKS_CLK_PERI_CTRL 0x40008048

#define RESETS_RESET 0x4000c000
#define RESETS_RESET_DONE 0x4000c008
#define RESETS_IO_BANK0 (1u << 5)
#define RESETS_PADS_BANK0 (1u << 8)
#define RESETS_PLL_SYS (1u << 12)
#define RESETS_TIMER (1u << 21)
#define RESETS_UART0 (1u << 22)

#define PSM_WDSEL 0x40010008

#define IO_BANK0_GPIO0_CTRL 0x40014004
#define IO_BANK0_GPIO1_CTRL 0x4001400c
#define FUNCTION_UART 2

#define XOSC_CTRL 0x40024000
#define XOSC_STATUS 0x40024004
#define XOSC_STARTUP 0x4002400c

#define PLL_SYS_CS 0x40028000
#define PLL_SYS_PWR 0x40028004
#define PLL_SYS_FBDIV_INT 0x40028008
#define PLL_SYS_PRIM 0x4002800c

// the UART's clock is the core's; it takes 16 samples a bit, and its divisor counts in 1/64
#define LINE_HZ (CLOCK_HZ / 16 * 64)
#define LINE_LEAST 64u
#define UART0_UARTDR 0x40034000
#define UART0_UARTFR 0x40034018
#define UART0_UARTIBRD 0x40034024
#define UART0_UARTFBRD 0x40034028
#define UART0_UARTLCR_H 0x4003402c
#define UART0_UARTCR 0x40034030
#define UART0_UARTIMSC 0x40034038
#define UARTFR_RXFE (1u << 4)
#define UARTFR_BUSY (1u << 3)
#define UARTFR_TXFF (1u << 5)
#define UART_RX (1u << 4)
#define UART_RT (1u << 6)

#define TIMER_TIMERAWH 0x40054024
#define TIMER_TIMERAWL 0x40054028

#define ROSC_RANDOMBIT 0x4006001c

#define WATCHDOG_CTRL 0x40058000
#define WATCHDOG_TICK 0x4005802c

#define SYST_CSR 0xe000e010
#define SYST_RVR 0xe000e014
#define SYST_CVR 0xe000e018

#endif
