import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { shells } from '../../cli/completion.ts'
import { programFor } from '../../cli/program.ts'
import { taskNames } from '../../trainer/tasks/registry.ts'
import { bpdIn } from '../support/command.ts'
import { inTerminal } from '../support/pty.ts'
import { describeWith } from '../support/require.ts'
import { possible } from '../support/terminal.ts'

const program = await programFor([])

const folder = mkdtempSync(join(tmpdir(), 'bpd-completion-'))
afterAll(() => rmSync(folder, { recursive: true }))
const verbs = program.commands.map((verb) => verb.name())
const has = (shell: string) => spawnSync(shell, ['-c', 'exit 0']).status === 0
const script = (shell: string) => shells[shell](program)

/** What bash offers for the last of these words. */
function bash(...words: string[]): string[] {
  const call = `${script('bash')}
COMP_WORDS=(bpd "$@") COMP_CWORD=$#
_bpd 2>/dev/null
printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout } = spawnSync('bash', ['--norc', '-c', call, 'bash', ...words], { encoding: 'utf8' })
  return stdout.split('\n').filter((word) => word !== '')
}

describe('bpd completion', () => {
  it.each(Object.keys(shells))('prints the script for %s', (shell) => {
    expect(bpdIn(folder, 'completion', shell)).toMatchObject({ status: 0, stdout: `${script(shell)}\n`, stderr: '' })
  })

  it('refuses another shell', () => {
    expect(bpdIn(folder, 'completion', 'tcsh').lines[0]).toContain('Allowed choices are bash, zsh, fish.')
  })
})

describeWith('bash', has('bash'))('in bash', () => {
  it('every verb is offered, and those that begin so', () => {
    expect(bash('')).toEqual(expect.arrayContaining(verbs))
    expect(bash('b')).toEqual(['boards', 'bench'])
  })

  it('every option of every verb is offered, and no other', () => {
    for (const verb of program.commands)
      expect(bash(verb.name(), '--')).toEqual(verb.options.map((option) => option.long))
  })

  it('what an option may be is offered', () => {
    expect(bash('distill', 'pendulum', '--variant', '')).toEqual([
      'bpd',
      'no-q',
      'l1',
      'magnitude',
      'obd',
      'dense',
      'linear',
      'random',
    ])
    expect(bash('distill', 'pendulum', '--values', 'int')).toEqual(['int8', 'int8-fixed'])
    expect(bash('import', '--task', 'hop')).toEqual(['hopper'])
    expect(bash('distill', '--seed', '')).toEqual([])
  })

  it('a task is offered where one stands, also behind options and their values', () => {
    expect(bash('eval', '')).toEqual(taskNames())
    expect(bash('eval', '--seed', '3', '--quiet', 'pend')).toEqual(['pendulum'])
    expect(bash('eval', 'pendulum', '')).toEqual([])
    // left to the shell: a module's path
    expect(bash('eval', './pend')).toEqual([])
    expect(bash('completion', '')).toEqual(['bash', 'zsh', 'fish'])
  })
})

/** A home without the machine's own settings, and a `bpd` that is never run. */
const home = join(folder, 'home')
mkdirSync(home)
writeFileSync(join(home, 'bpd'), '#!/bin/sh\n', { mode: 0o755 })
writeFileSync(join(home, 'wanted.bpd'), '')
for (const shell of Object.keys(shells)) writeFileSync(join(home, `bpd.${shell}`), script(shell))
const env = { ...process.env, HOME: home, ZDOTDIR: home, TERM: 'dumb', PATH: `${home}${delimiter}${process.env.PATH}` }
const typed = (command: string[], begin: string, keys: string, wanted: string) =>
  inTerminal(command, {
    columns: 120,
    env,
    deeds: [
      { after: 'ready', type: `cd ${home} && ${begin}; echo be''gun\n` },
      { after: 'begun', type: keys },
      { after: wanted, type: '\x15exit\n' },
    ],
  })

describeWith('bash, Linux with python3', has('bash') && possible)('typed in bash', () => {
  it('a verb, an option and a file are completed by TAB', async () => {
    const shell = ['bash', '--norc', '-c', 'echo ready; exec bash --norc --noprofile -i']
    const { seen } = await typed(shell, 'source bpd.bash', 'bpd ev\tpend\t--work\t2 wan\t', 'wanted.bpd')
    expect(seen).toContain('eval pendulum --workers 2 wanted.bpd')
  })
})

describeWith('zsh, Linux with python3', has('zsh') && possible)('typed in zsh', () => {
  it('a verb, an option and a file are completed by TAB', async () => {
    const shell = ['zsh', '-f', '-c', 'echo ready; exec zsh -f -i']
    const begin = 'autoload -U compinit && compinit -u && source ./bpd.zsh'
    const { seen } = await typed(shell, begin, 'bpd ev\tpend\t--work\t2 wan\t', 'wanted.bpd')
    expect(seen).toContain('wanted.bpd')
  })
})

describeWith('fish', has('fish'))('in fish', () => {
  const fish = (line: string) => {
    const call = `source ${home}/bpd.fish; complete -C '${line}'`
    const { stdout } = spawnSync('fish', ['--no-config', '-c', call], { encoding: 'utf8', env, cwd: home })
    return stdout
      .trim()
      .split('\n')
      .map((told) => told.split('\t')[0])
  }

  it('verbs, options, choices, tasks and files are offered', () => {
    expect(fish('bpd ').sort()).toEqual([...verbs].sort())
    expect(fish('bpd distill --variant ').sort()).toEqual(
      ['bpd', 'no-q', 'l1', 'magnitude', 'obd', 'dense', 'linear', 'random'].sort(),
    )
    expect(fish('bpd eval --work')).toEqual(['--workers'])
    expect(fish('bpd eval pend')).toContain('pendulum')
    expect(fish('bpd inspect wan')).toContain('wanted.bpd')
  })
})
