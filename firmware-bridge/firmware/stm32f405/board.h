// What the parts of this board's firmware offer one another, and the registers that they use, named as in RM0090 and in the Cortex-M4 manual.
#ifndef BOARD_H_
#define BOARD_H_

#include "firmware.h"

// The crystal of your board, whole MHz from 4 to 26: the PLL makes 168 MHz of any.
#ifndef HSE_HZ
#define HSE_HZ 25000000u
#endif

// interrupts of the chip, and USART1's
#define IRQS 82
#define LINE_IRQ 37

#define FLASH_BASE 0x08000000u
// 1 MB of flash: the image in sectors 0 to 2; the key of sessions at the start of 3 and 4; two slots of three sectors each, 5 to 7 and 8 to 10
#define KEYS_A 0x0800c000u
#define KEYS_B 0x08010000u
#define KEYS_BYTES 0x1000u
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
#define RAM_KEYS_A 0x2000b800u
#define RAM_KEYS_B 0x2000bc00u
#define RAM_KEYS_BYTES 0x400u
// firmware with signatures keeps lock and counter in sector 11; in QEMU in RAM, behind slots that are smaller for it
#define VAULT 0x080e0000u
#define VAULT_BYTES 0x20000u
#ifdef SIGNED
#undef RAM_SLOT_B
#undef RAM_SLOT_BYTES
#define RAM_SLOT_B 0x20015000u
#define RAM_SLOT_BYTES 0x9000u
#define RAM_VAULT 0x2001e000u
#define RAM_VAULT_BYTES 0x2000u
#endif
// or, where QEMU was started with a policy in flash: one slot for as much as there is, and a spare one that takes nothing
#define PLACED_SPARE 0x080e0000u
#define PLACED_BYTES 0xc0000u

// Whether this is the chip, and not QEMU's model of it, which has neither clocks nor a flash controller.
bool on_chip(void);

// core clock, Hz, as `clock_start` left it
extern uint32_t core_hz;
// of what `cycles` counts
extern uint32_t counter_hz;

// A number of the chip's generator: another one at each start. 0: there is none.
uint32_t noise(void);

void guard_start(void);
// Says that the firmware still gets round: must come every 8 seconds, or the chip restarts.
void guard_alive(void);
// Whether stores may go to flash, as programming does.
void guard_flash(bool writable);

// Waits until all `bits` of a register read as 1 (or 0), at most about `tries` rounds: a part that never reports ready leaves a slow
// board, or a refused update, rather than a dead one. False: it gave up.
bool wait_set(uint32_t address, uint32_t bits, uint32_t tries);
bool wait_clear(uint32_t address, uint32_t bits, uint32_t tries);

#define TIM2_CR1 0x40000000
#define TIM2_EGR 0x40000014
#define TIM2_CNT 0x40000024
#define TIM2_PSC 0x40000028
#define TIM2_ARR 0x4000002c

#define IWDG_KR 0x40003000
#define IWDG_PR 0x40003004
#define IWDG_RLR 0x40003008

#define USART1_SR 0x40011000
#define USART1_DR 0x40011004
#define USART1_BRR 0x40011008
#define USART1_CR1 0x4001100c
#define USART_RXNE (1u << 5)
#define USART_TC (1u << 6)
#define USART_TXE (1u << 7)
#define USART_ORE (1u << 3)

// APB2's clock, of which USART1 makes its speed; 16 samples a bit
#define LINE_HZ (core_hz / 2)
#define LINE_LEAST 16u

#define GPIOA_MODER 0x40020000
#define GPIOA_PUPDR 0x4002000c
#define GPIOA_AFRH 0x40020024

#define RCC_CR 0x40023800
#define RCC_PLLCFGR 0x40023804
#define RCC_CFGR 0x40023808
#define RCC_AHB1ENR 0x40023830
#define RCC_AHB2ENR 0x40023834
#define RCC_APB1ENR 0x40023840
#define RCC_APB2ENR 0x40023844
#define RCC_HSEON (1u << 16)
#define RCC_HSERDY (1u << 17)
#define RCC_PLLON (1u << 24)
#define RCC_PLLRDY (1u << 25)

#define FLASH_ACR 0x40023c00
#define FLASH_KEYR 0x40023c04
#define FLASH_SR 0x40023c0c
#define FLASH_CR 0x40023c10
#define FLASH_BSY (1u << 16)
#define FLASH_ERRORS 0xf2u
#define FLASH_PG (1u << 0)
#define FLASH_SER (1u << 1)
#define FLASH_SNB(sector) ((sector) << 3)
#define FLASH_PSIZE_32 (2u << 8)
#define FLASH_STRT (1u << 16)
#define FLASH_LOCK (1u << 31)
#define FLASH_ICEN (1u << 9)
#define FLASH_DCEN (1u << 10)
#define FLASH_ICRST (1u << 11)
#define FLASH_DCRST (1u << 12)

#define RNG_CR 0x50060800
#define RNG_SR 0x50060804
#define RNG_DR 0x50060808
#define RNG_DRDY (1u << 0)
#define RNG_RNGEN (1u << 2)

#define DWT_CTRL 0xe0001000
#define DWT_CYCCNT 0xe0001004
#define DHCSR 0xe000edf0
#define DEMCR 0xe000edfc
#define DEMCR_TRCENA (1u << 24)

#define SYST_CSR 0xe000e010
#define SYST_RVR 0xe000e014
#define SYST_CVR 0xe000e018
#define AIRCR 0xe000ed0c
#define AIRCR_RESET 0x05fa0004u
#define SHCSR 0xe000ed24
#define MPU_CTRL 0xe000ed94
#define MPU_RNR 0xe000ed98
#define MPU_RBAR 0xe000ed9c
#define MPU_RASR 0xe000eda0

#endif
