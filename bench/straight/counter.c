// Runs a generated policy (POLICY, its file) on the emulated STM32F405: its self-test, then the instructions of each golden observation,
// as QEMU's TIM2 counts them under -icount shift=0. One line of JSON leaves through semihosting.
#define main policy_self_test
#include POLICY
#undef main

#define REGISTER(address) (*(volatile unsigned int *)(address))
#define CPACR 0xE000ED88u
#define RCC_APB1ENR 0x40023840u
#define TIM2_CR1 0x40000000u
#define TIM2_EGR 0x40000014u
#define TIM2_CNT 0x40000024u
#define TIM2_PSC 0x40000028u
#define TIM2_ARR 0x4000002Cu

#define SYS_WRITE0 4
#define SYS_EXIT 0x18
#define APPLICATION_EXIT 0x20026u

extern unsigned int stack_high[];

static void host(unsigned int operation, unsigned int argument) {
  register unsigned int r0 __asm__("r0") = operation;
  register unsigned int r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void text(const char *line) { host(SYS_WRITE0, (unsigned int)line); }

static void number(unsigned int value) {
  char digits[11];
  char *at = digits + 10;
  for (*at = 0; *--at = (char)('0' + value % 10), value /= 10;) {
  }
  text(at);
}

// as for every other kernel: from before the call until after it
static unsigned int count(int golden) {
  float action[sizeof(vector_actions[0]) / sizeof(float)];
  const unsigned int before = REGISTER(TIM2_CNT);
  STEP(vector_observations[golden], action);
  return REGISTER(TIM2_CNT) - before;
}

__attribute__((noreturn)) void reset_handler(void) {
  REGISTER(CPACR) |= 0xfu << 20;
  __asm__ volatile("dsb\nisb");
  REGISTER(RCC_APB1ENR) |= 1;
  REGISTER(TIM2_PSC) = 0;
  REGISTER(TIM2_ARR) = 0xffffffff;
  REGISTER(TIM2_EGR) = 1;
  REGISTER(TIM2_CR1) = 1;
  text("{\"mismatch\": ");
  number((unsigned int)policy_self_test());
  text(", \"counts\": [");
  for (int i = 0; i < GOLDENS; i++) {
    if (i) text(", ");
    number(count(i));
  }
  text("]}\n");
  host(SYS_EXIT, APPLICATION_EXIT);
  for (;;) {
  }
}

static void fault(void) {
  text("fault\n");
  host(SYS_EXIT, APPLICATION_EXIT);
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))stack_high,
    reset_handler,
    [2 ... 15] = fault,
};
