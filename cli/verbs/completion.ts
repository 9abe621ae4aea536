import { Argument, type Command } from 'commander'
import { shells } from '../completion.ts'
import { printResult } from '../terminal.ts'
import { type CommonOptions, verb } from '../verb.ts'

export const completionVerb = verb('completion', {
  group: 'At the command line:',
  description: 'prints a script that completes verbs, options and what they take',
  example: 'bpd completion bash > ~/.local/share/bash-completion/completions/bpd',
})
  .addArgument(new Argument('<shell>', 'whose script').choices(Object.keys(shells)))
  .action(run)

function run(this: Command, shell: string, { json }: CommonOptions): void {
  const script = shells[shell](this.parent!)
  printResult(json, { shell, script }, () => script)
}
