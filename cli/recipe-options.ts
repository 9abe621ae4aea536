/** The options of the method, as `bpd distill` and `bpd demo` take them. What is not given comes from the task's recipe, then from the authors' defaults. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { MARGIN } from '../trainer/distill/observation-bounds.ts'
import type { Given } from '../trainer/distill/options.ts'
import { optionRules } from '../trainer/distill/read-options.ts'
import { variantNames } from '../trainer/distill/variants.ts'
import { backendNames } from '../trainer/kernels/backend.ts'
import type { Recipe } from '../trainer/recipe.ts'
import { recipeRules } from '../trainer/recipe-rules.ts'
import type { Parser } from './parser.ts'
import { errorsOf, integer, list, number } from './verb.ts'

type Rules = typeof recipeRules
type NamesOf<Kind> = { [Name in keyof Rules]: Rules[Name] extends { kind: Kind } ? Name : never }[keyof Rules]

const parserOf = ({ whole, low, high }: Rules[NamesOf<'number'>]): Parser<number> =>
  whole ? integer(low, high) : number(low, high)

/** Parses what the recipe may have under that name. */
const of = (name: NamesOf<'number'>) => parserOf(recipeRules[name])
const listOf = (name: NamesOf<'list'>) => list(parserOf(recipeRules[name].item))
const choice = (flags: string, says: string, name: NamesOf<'choice'>): Option =>
  new Option(flags, says).choices(recipeRules[name].names)

const sizes = listOf('hidden')

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

/** As words that ask for it again. */
export function wordsOf(given: object): string[] {
  const recipe = recipeIn(given) as Record<string, unknown>
  return addRecipeOptions(new Command()).options.flatMap((option) => {
    const value = recipe[option.attributeName()]
    if (value === undefined || option.negate) return value === false ? [option.long!] : []
    if (typeof value === 'boolean') return value ? [option.long!] : []
    if (Array.isArray(value)) return [option.long!, value.length ? value.join(',') : 'none']
    return [option.long!, `${value}`]
  })
}

/** The same of words as `bpd distill` takes them. Throws what the parser throws. */
export function recipeOfWords(words: readonly string[]): Partial<Recipe> {
  const verb = addRecipeOptions(new Command('bpd distill').exitOverride().configureOutput(errorsOf('bpd distill')))
  return recipeIn(verb.parse(words, { from: 'user' }).opts())
}

export const addRecipeOptions = (verb: Command): Command =>
  verb
    .optionsGroup('Method (what is not given is as the task has it, else as the authors have it):')
    .addOption(new Option('--variant <name>', 'the method, or what it is compared with').choices(variantNames))
    .option('--budget <n>', 'weights that the variants without Gaussian weights aim at', of('budget'))
    .option('--l1 <x>', 'penalty of the variant l1, in units of the learning rate', of('l1'))
    .option(
      '--l1-path <list>',
      'penalties to try, a training each; the best on the picking data stays',
      listOf('l1Path'),
    )
    .addOption(choice('--noise <formula>', 'formula of the weight noise', 'noise'))
    .addOption(choice('--kl-shape <shape>', 'annealing of the KL term', 'klShape'))
    .option('--nu <x>', 'slope of the linear annealing', of('nu'))
    .option('--kl-cap <x>', 'largest weight of the KL term', of('klCap'))
    .option('--data-scale <x>', '|D|, which weighs value and cloning against the KL term', of('dataScale'))
    .option('--value-weight <x>', 'h, weight of the value term; 0 trains without critics', of('valueWeight'))
    .addOption(
      choice(
        '--clone <whose>',
        "actions that are cloned before tuning: executed, or the teacher's own without noise",
        'clone',
      ),
    )
    .optionsGroup('Training:')
    .option('--steps <n>', 'critic steps T; the student moves at every second', of('steps'))
    .option('--hidden <sizes>', 'hidden sizes of the student; "none" for a linear one', sizesOrNone)
    .option('--critic-hidden <sizes>', 'hidden sizes of each critic', sizes)
    .option('--batch-size <n>', 'transitions per step', of('batchSize'))
    .option('--discount <x>', 'gamma', of('discount'))
    .option('--tau <x>', 'rate of the target networks', of('tau'))
    .option('--policy-delay <n>', 'student and targets move every n-th step', of('policyDelay'))
    .option('--actor-rate <x>', 'learning rate of the student', of('actorRate'))
    .option('--critic-rate <x>', 'learning rate of the critics', of('criticRate'))
    .option('--evaluate-every <n>', 'steps between points of the training curve', of('evaluateEvery'))
    .option('--progress-episodes <n>', 'episodes for each point of the training curve', of('progressEpisodes'))
    .option('--threshold <x>', 'log alpha at which the training curve prunes', of('threshold'))
    .optionsGroup('Pruning and tuning:')
    .option('--thresholds <list>', 'log alpha thresholds to prune and tune at', listOf('thresholds'))
    .option('--keep <list>', 'numbers of weights to prune to and tune at, in place of --thresholds', listOf('keep'))
    .option('--tune-updates <n>', 'updates with the mask frozen, for each cut', of('tuneUpdates'))
    .option('--tune-rate <x>', 'learning rate at their beginning (default: --actor-rate)', of('tuneRate'))
    .option('--tune-with-value', 'keep the critics while tuning')
    .optionsGroup('Cutting in stages, in place of at once:')
    .addOption(
      choice('--prune <name>', 'down to the weights of --keep little by little, by what each is worth', 'prune'),
    )
    .option('--stage-share <x>', 'share of the weights that each cut leaves', of('stageShare'))
    .option('--stage-updates <n>', 'updates after each cut', of('stageUpdates'))
    .option('--stage-rate <x>', 'learning rate of the student; at each budget it falls to zero', of('stageRate'))
    .option('--rounds <n>', 'how often the student trains on at each budget before that', of('rounds'))
    .option('--round-updates <n>', 'updates of each of those rounds', of('roundUpdates'))
    .option('--swap <x>', 'share of the weights that the first of those rounds exchanges for others', of('swap'))
    .option('--action-weights <list>', "of each action's squared error in the loss", listOf('actionWeights'))
    .optionsGroup('On-policy, in stages: the student acts itself:')
    .option('--own-states <n>', 'states that it visits after each stage, labelled by the teacher', of('ownStates'))
    .option('--own-rounds <n>', 'of how many of the last stages they stay in the data', of('ownRounds'))
    .option('--lost-weight <x>', 'how often those of them count that lead to a fall (default: 1)', of('lostWeight'))
    .option('--search <n>', 'most episodes of a search on the return at each budget', of('search'))
    .optionsGroup('Picking the student:')
    .option('--pick-episodes <n>', 'episodes to pick the student on', of('pickEpisodes'))
    .option('--tolerance <x>', "share of the teacher's |return| that the picked student may lose", of('tolerance'))
    .option(
      '--max-weights <n>',
      'picks the best student within so many weights, not the fewest weights',
      of('maxWeights'),
    )
    .option('--max-bytes <n>', 'the same, within a size of the .bpd file', of('maxBytes'))
    .optionsGroup('Bounds of the observations:')
    .addOption(
      choice(
        '--observation-bounds <how>',
        'the policy clamps, or refuses (failsafe), observations outside the range of the data',
        'observationBounds',
      ),
    )
    .option(
      '--observation-margin <x>',
      `share of that range added on either side (default: ${MARGIN})`,
      of('observationMargin'),
    )
    .optionsGroup('More data:')
    .option(
      '--augment <x>',
      "as many observations more, disturbed by x standard deviations, with the teacher's actions on them",
      of('augment'),
    )
    .optionsGroup('Computing:')
    .option('--fused', 'fused multiply-add where the CPU has it: faster, other last bits than without')
    .option('--no-fused', 'the same bits on every CPU')
    .addOption(
      new Option('--backend <name>', 'fast kernels, or the readable reference on tfjs (slow)').choices(backendNames),
    )
    .addOption(
      new Option('--tile <name>', 'register tile of the kernels (the same bits)').choices(optionRules.tile.names),
    )
