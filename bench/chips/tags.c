// Counts the instructions of a STEP's two tags on the emulated STM32F405: the module's own BLAKE2s, as wasm2c and gcc make it. One line of JSON.
#include "prelude.h"

#define REGISTER(address) (*(volatile unsigned int *)(address))
#define RCC_APB1ENR 0x40023840u
#define TIM2_CR1 0x40000000u
#define TIM2_EGR 0x40000014u
#define TIM2_CNT 0x40000024u
#define TIM2_PSC 0x40000028u
#define TIM2_ARR 0x4000002Cu
#define SYS_WRITE0 4
#define SYS_EXIT 0x18
#define APPLICATION_EXIT 0x20026u
#define CPACR 0xE000ED88u

extern unsigned int stack_high[];
static w2c_policy module;
static unsigned int hash[64], words[160];

wasm_rt_memory_t *w2c_env_memory(struct w2c_env *env) {
  (void)env;
  return 0;
}

static void host(unsigned int operation, unsigned int argument) {
  register unsigned int r0 __asm__("r0") = operation;
  register unsigned int r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void number(unsigned int value) {
  char digits[11];
  char *at = digits + 10;
  for (*at = 0; *--at = (char)('0' + value % 10), value /= 10;) {
  }
  host(SYS_WRITE0, (unsigned int)at);
}

// as device/tag.ts does it: type, status and sequence, two words, the payload
static void tag(unsigned int payload) {
  w2c_policy_blakeResume(&module, (unsigned int)hash, (unsigned int)words);
  w2c_policy_blakeAdd(&module, (unsigned int)hash, (unsigned int)words, 4);
  w2c_policy_blakeAdd(&module, (unsigned int)hash, (unsigned int)words, 8);
  w2c_policy_blakeAdd(&module, (unsigned int)hash, (unsigned int)words, payload);
  w2c_policy_blakeEnd(&module, (unsigned int)hash);
}

__attribute__((noreturn)) void reset_handler(void) {
  REGISTER(CPACR) |= 0xfu << 20;
  REGISTER(RCC_APB1ENR) |= 1;
  REGISTER(TIM2_PSC) = 0;
  REGISTER(TIM2_ARR) = 0xffffffff;
  REGISTER(TIM2_EGR) = 1;
  REGISTER(TIM2_CR1) = 1;
  const unsigned int before = REGISTER(TIM2_CNT);
  tag(REQUEST);
  tag(ANSWER);
  number(REGISTER(TIM2_CNT) - before);
  host(SYS_EXIT, APPLICATION_EXIT);
  for (;;) {
  }
}

static void fault(void) { host(SYS_EXIT, APPLICATION_EXIT); }

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))stack_high,
    reset_handler,
    [2 ... 15] = fault,
};
