// Stands before every source of the model's build: registers are the model's, and types are what the generated policy.h would give.
#include <stdint.h>

volatile uint32_t *touch(uint32_t address);

typedef uint32_t u32;
struct w2c_board;
