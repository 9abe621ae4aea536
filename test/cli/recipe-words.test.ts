import { Command } from 'commander'
import { expect, it } from 'vitest'
import { addRecipeOptions, recipeOfWords, wordsOf } from '../../cli/recipe-options.ts'

it.each([
  [['--keep', '30,15', '--no-fused', '--tune-with-value', '--hidden', 'none']],
  [['--variant', 'l1', '--l1', '0.25', '--thresholds', '-2.5,0.5', '--fused']],
  [[]],
])('%j: a recipe can be asked for again by the words that it becomes', (words) => {
  const recipe = recipeOfWords(words)
  expect(recipeOfWords(wordsOf(recipe))).toEqual(recipe)
  expect(wordsOf(recipe).toSorted()).toEqual(words.toSorted())
})

it('words are of the recipe alone', () => {
  const verb = addRecipeOptions(new Command()).option('--port <name>')
  const given = verb.parse(['--port', 'x', '--steps', '9'], { from: 'user' }).opts()
  expect(wordsOf({ ...given, seed: 1, threads: 2 })).toEqual(['--steps', '9'])
})
