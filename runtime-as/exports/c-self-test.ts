/** The main() of a policy's C, which computes known vectors again. */
import { float } from './c-text.ts'
import { fusionVectors } from './fusion.ts'
import type { Program } from './program.ts'

/** Returns 0, or 1 + the number of the first vector whose action differs by a bit. */
export function selfTest(program: Program, name: string): string {
  const { goldens, observations, actions } = program
  const vectors = [...goldens, ...fusionVectors(program)]
  const rows = (values: Float32Array[]) => values.map((row) => `  {${[...row].map(float).join(', ')}},`).join('\n')
  return `#define GOLDENS ${goldens.length}
#define VECTORS ${vectors.length}
static const float vector_observations[VECTORS][${observations.length}] = {
${rows(vectors.map(({ observation }) => observation))}
};
static const float vector_actions[VECTORS][${actions.length}] = {
${rows(vectors.map(({ action }) => action))}
};

int main(void) {
  for (int i = 0; i < VECTORS; i++) {
    float observation[${observations.length}], action[${actions.length}];
    for (int k = 0; k < ${observations.length}; k++) {
      /* hidden: what a compiler computes while it compiles says nothing of this machine */
      const volatile float value = vector_observations[i][k];
      observation[k] = value;
    }
    ${name}_step(observation, action);
    for (int k = 0; k < ${actions.length}; k++) {
      union bits ours, promised;
      ours.number = action[k];
      promised.number = vector_actions[i][k];
      if (ours.bits != promised.bits) return 1 + i;
    }
  }
  return 0;
}
`
}
