// Registers of the STM32F405 that this firmware uses, named as in RM0090 and in the Cortex-M4 manual.
#ifndef REGISTERS_H_
#define REGISTERS_H_

#include <stdint.h>

// A test puts a model of the chip in place of these two.
#ifndef REGISTER
#define REGISTER(address) (*(volatile uint32_t *)(address))
#define BARRIER() __asm__ volatile("dsb\nisb" ::: "memory")
#endif

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
#define USART1_IRQ 37

#define GPIOA_MODER 0x40020000
#define GPIOA_PUPDR 0x4002000c
#define GPIOA_AFRH 0x40020024

#define RCC_CR 0x40023800
#define RCC_PLLCFGR 0x40023804
#define RCC_CFGR 0x40023808
#define RCC_AHB1ENR 0x40023830
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

#define DWT_CTRL 0xe0001000
#define DWT_CYCCNT 0xe0001004
#define DHCSR 0xe000edf0
#define DEMCR 0xe000edfc
#define DEMCR_TRCENA (1u << 24)

#define SYST_CSR 0xe000e010
#define SYST_RVR 0xe000e014
#define SYST_CVR 0xe000e018
#define NVIC_ISER1 0xe000e104
#define NVIC_ICPR1 0xe000e284
#define VTOR 0xe000ed08
#define AIRCR 0xe000ed0c
#define AIRCR_RESET 0x05fa0004u
#define SHCSR 0xe000ed24
#define CPACR 0xe000ed88
#define MPU_CTRL 0xe000ed94
#define MPU_RNR 0xe000ed98
#define MPU_RBAR 0xe000ed9c
#define MPU_RASR 0xe000eda0

#endif
