/** The options of the method, as `bpd distill` and `bpd demo` take them. What is not given comes from the task's recipe, then from the authors' defaults. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { OUTSIDE } from '../runtime-as/format/network.ts'
import { MARGIN } from '../trainer/distill/observation-bounds.ts'
import type { Given } from '../trainer/distill/options.ts'
import { prunerNames } from '../trainer/distill/prune/pruners.ts'
import { variantNames } from '../trainer/distill/variants.ts'
import { backendNames } from '../trainer/kernels/backend.ts'
import type { Recipe } from '../trainer/recipe.ts'
import { CLONED } from '../trainer/recipe.ts'
import type { Parser } from './parser.ts'
import { errorsOf, integer, list, number } from './verb.ts'

const klShapes = ['linear', 'constant', 'exponential', 'cosine']
const sizes = list(integer(1, 1024))

/** Sizes, or none at all. */
const sizesOrNone: Parser<number[]> = Object.assign(readSizesOrNone, { takes: 'list' as const })

function readSizesOrNone(text: string): number[] {
  if (text === 'none') return []
  try {
    return sizes(text)
  } catch {
    throw new InvalidArgumentError('Expected whole numbers from 1 to 1024, or "none" alone.')
  }
}

/** Of all that a verb was given, what belongs to the recipe, in the order in which it was given. */
export function recipeIn(options: object): Given {
  const verb = addRecipeOptions(new Command())
  const names = new Set([...verb.options.map((option) => option.attributeName()), 'maxError', 'seed', 'threads'])
  return Object.fromEntries(Object.entries(options).filter(([name]) => names.has(name))) as Given
}

/** The same of words as `bpd distill` takes them. Throws what the parser throws. */
export function recipeOfWords(words: readonly string[]): Partial<Recipe> {
  const verb = addRecipeOptions(new Command('bpd distill').exitOverride().configureOutput(errorsOf('bpd distill')))
  return recipeIn(verb.parse(words, { from: 'user' }).opts())
}

export const addRecipeOptions = (verb: Command): Command =>
  verb
    .optionsGroup('Method:')
    .addOption(new Option('--variant <name>', 'what is left out of the method').choices(variantNames))
    .option('--budget <n>', 'weights that the variants without Gaussian weights aim at', integer(1))
    .option('--l1 <x>', 'penalty of the variant l1, in units of the learning rate', number(0))
    .option(
      '--l1-path <list>',
      'penalties to try, a training each; the best on the picking data stays',
      list(number(0)),
    )
    .addOption(new Option('--noise <formula>', 'formula of the weight noise').choices(['paper', 'official']))
    .addOption(new Option('--kl-shape <shape>', 'annealing of the KL term').choices(klShapes))
    .option('--nu <x>', 'slope of the linear annealing', number(0))
    .option('--kl-cap <x>', 'largest weight of the KL term', number(0))
    .option('--data-scale <x>', '|D|, which weighs value and cloning against the KL term', number(1e-9))
    .option('--value-weight <x>', 'h, weight of the value term; 0 trains without critics', number(0))
    .addOption(
      new Option(
        '--clone <whose>',
        "actions that are cloned before tuning: executed, or the teacher's own without noise",
      ).choices(CLONED),
    )
    .optionsGroup('Training:')
    .option('--steps <n>', 'critic steps T; the student moves at every second', integer(2))
    .option('--hidden <sizes>', 'hidden sizes of the student; "none" for a linear one', sizesOrNone)
    .option('--critic-hidden <sizes>', 'hidden sizes of each critic', sizes)
    .option('--batch-size <n>', 'transitions per step', integer(2, 65536))
    .option('--discount <x>', 'gamma', number(0, 1))
    .option('--tau <x>', 'rate of the target networks', number(0, 1))
    .option('--policy-delay <n>', 'student and targets move every n-th step', integer(1))
    .option('--actor-rate <x>', 'learning rate of the student', number(1e-9))
    .option('--critic-rate <x>', 'learning rate of the critics', number(0))
    .option('--evaluate-every <n>', 'steps between points of the training curve', integer(1))
    .option('--progress-episodes <n>', 'episodes for each point of the training curve', integer(1))
    .option('--threshold <x>', 'log alpha at which the training curve prunes', number(-10, 10))
    .optionsGroup('Pruning and tuning:')
    .option('--thresholds <list>', 'log alpha thresholds to prune and tune at', list(number(-10, 10)))
    .option('--keep <list>', 'numbers of weights to prune to and tune at, in place of --thresholds', list(integer(1)))
    .option('--tune-updates <n>', 'updates with the mask frozen, for each cut', integer(1))
    .option('--tune-rate <x>', 'learning rate at their beginning (default: --actor-rate)', number(0))
    .option('--tune-with-value', 'keep the critics while tuning')
    .optionsGroup('Cutting in stages, in place of at once:')
    .addOption(
      new Option('--prune <name>', 'down to the weights of --keep little by little, by what each is worth').choices(
        prunerNames,
      ),
    )
    .option('--stage-share <x>', 'share of the weights that each cut leaves', number(0.05, 0.95))
    .option('--stage-updates <n>', 'updates after each cut', integer(1))
    .option('--stage-rate <x>', 'learning rate of the student; at each budget it falls to zero', number(0))
    .option('--rounds <n>', 'how often the student trains on at each budget before that', integer(0, 1000))
    .option('--round-updates <n>', 'updates of each of those rounds', integer(1))
    .option('--swap <x>', 'share of the weights that the first of those rounds exchanges for others', number(0, 0.9))
    .option('--action-weights <list>', "of each action's squared error in the loss", list(number(0)))
    .optionsGroup('On-policy, in stages: the student acts itself:')
    .option('--own-states <n>', 'states that it visits after each stage, labelled by the teacher', integer(1))
    .option('--own-rounds <n>', 'of how many of the last stages they stay in the data', integer(1))
    .option('--lost-weight <x>', 'how often those of them count that lead to a fall (default: 1)', number(1, 1000))
    .option('--search <n>', 'most episodes of a search on the return at each budget', integer(1))
    .optionsGroup('Picking the student:')
    .option('--pick-episodes <n>', 'episodes to pick the student on', integer(1))
    .option('--tolerance <x>', "share of the teacher's |return| that the picked student may lose", number(0, 10))
    .option('--max-weights <n>', 'picks the best student within so many weights, not the fewest weights', integer(1))
    .option('--max-bytes <n>', 'the same, within a size of the .bpd file', integer(1))
    .optionsGroup('Bounds of the observations:')
    .addOption(
      new Option(
        '--observation-bounds <how>',
        'the policy clamps, or refuses (failsafe), observations outside the range of the data',
      ).choices(OUTSIDE),
    )
    .option(
      '--observation-margin <x>',
      `share of that range added on either side (default: ${MARGIN})`,
      number(0, 1000),
    )
    .optionsGroup('More data:')
    .option(
      '--augment <x>',
      "as many observations more, disturbed by x standard deviations, with the teacher's actions on them",
      number(1e-9, 100),
    )
    .optionsGroup('Computing:')
    .option('--fused', 'fused multiply-add where the CPU has it: faster, other last bits than without')
    .option('--no-fused', 'the same bits on every CPU')
    .addOption(
      new Option('--backend <name>', 'fast kernels, or the readable reference on tfjs (slow)').choices(backendNames),
    )
    .addOption(new Option('--tile <name>', 'register tile of the kernels (the same bits)').choices(['wide', 'narrow']))
