import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readKey, signPolicy, verifyPolicy } from '../../firmware-bridge/host/signing.ts'
import { bpdIn } from '../support/command.ts'
import { policyFile } from '../support/policies.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-sign-'))
const at = (name: string) => join(folder, name)
const bpd = (...words: string[]) => bpdIn(folder, ...words)
const keyIn = (name: string) => readKey(readFileSync(at(name), 'latin1'))
afterAll(() => rmSync(folder, { recursive: true }))
beforeAll(() => {
  mkdirSync(at('signed'))
  writeFileSync(at('policy.bpd'), policyFile([3, 12, 1], 1))
  expect(bpd('key', 'new', 'robot').status).toBe(0)
})

describe('bpd key', () => {
  it('new writes a secret that nobody else reads, and a public key; never over one that is there', () => {
    expect(keyIn('robot.key').id).toBe(keyIn('robot.pub').id)
    expect(keyIn('robot.pub').secretPem).toBeUndefined()
    if (process.platform !== 'win32') expect(statSync(at('robot.key')).mode & 0o777).toBe(0o600)
    const before = readFileSync(at('robot.key'), 'latin1')
    const said = 'bpd: robot.key: is there already, and no key is written over: expected another name'
    expect(bpd('key', 'new', 'robot')).toMatchObject({ status: 2, lines: [said] })
    expect(bpd('key', 'new', 'robot', '--force').status).toBe(2)
    expect(readFileSync(at('robot.key'), 'latin1')).toBe(before)
  })

  it('show tells its name, and whether the file has the secret', () => {
    const { id } = keyIn('robot.pub')
    expect(bpd('key', 'show', 'robot.pub').stdout).toMatch(`key      ${id}`)
    expect(JSON.parse(bpd('key', 'show', 'robot.key', '--json').stdout)).toMatchObject({ id, secret: true })
    expect(bpd('key', 'show', 'policy.bpd')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('policy.bpd: a .bpd policy, expected a key of Ed25519'),
    })
  })
})

describe('bpd sign', () => {
  it('writes an envelope that the key verifies, its counter the seconds since 1970 or the one given', () => {
    const before = Math.floor(Date.now() / 1000)
    expect(bpd('sign', 'policy.bpd', '--key', 'robot.key', '--out', 'signed.bpd').status).toBe(0)
    const { counter } = verifyPolicy(readFileSync(at('signed.bpd')), keyIn('robot.pub'))
    expect(counter).toBeGreaterThanOrEqual(before)
    expect(counter).toBeLessThanOrEqual(Date.now() / 1000)
    const words = ['--counter', '12', '--out', 'twelve.bpd', '--json']
    const { stdout } = bpd('sign', 'signed.bpd', '--key', 'robot.key', ...words)
    const { id } = keyIn('robot.pub')
    expect(JSON.parse(stdout)).toMatchObject({ counter: 12, keyId: id, before: { keyId: id, counter } })
    const same = signPolicy(readFileSync(at('policy.bpd')), keyIn('robot.key'), 12)
    expect(Buffer.from(same).equals(readFileSync(at('twelve.bpd')))).toBe(true)
  })

  it('refuses a public key, a counter of 0, and to write over the policy', () => {
    const refused = (...words: string[]) => {
      const { status, stderr } = bpd('sign', 'policy.bpd', ...words)
      expect(status).toBe(2)
      return stderr
    }
    expect(refused('--key', 'robot.pub', '--out', 'x.bpd')).toContain(
      'robot.pub: a public key, expected the secret one',
    )
    for (const counter of ['0', '4294967295'])
      expect(refused('--key', 'robot.key', '--out', 'x.bpd', '--counter', counter)).toContain('from 1 to 4294967294')
    expect(refused('--key', 'robot.key', '--out', 'policy.bpd', '--force')).toContain('policy.bpd')
  })
})

describe('--sign-key', () => {
  const verbs = {
    flash: ['flash', 'policy.bpd', '--port', 'in-process-signed'],
    export: ['export', 'policy.bpd', '--form', 'bpd', '--out', 'x.bpd'],
    distill: ['distill', 'pendulum', '--teacher', 'none', '--data', 'none', '--out', 'x'],
    quantise: ['quantise', 'policy.bpd', '--values', 'f16', '--data', 'none', '--out', 'x'],
    search: ['search', 'pendulum', 'policy.bpd', '--episodes', '1', '--out', 'x'],
  }

  it.each(Object.entries(verbs))(
    'is refused before any work where it cannot sign: %s',
    (_, words) => {
      writeFileSync(at('open.key'), readFileSync(at('robot.key')), { mode: 0o644 })
      writeFileSync(at('none.key'), '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', { mode: 0o600 })
      for (const [key, why] of Object.entries({
        'gone.key': 'gone.key: cannot be read (ENOENT)',
        'none.key': 'none.key: no key of Ed25519, expected one as PEM',
        'policy.bpd': 'policy.bpd: a .bpd policy, expected a key of Ed25519',
        'robot.pub': 'robot.pub: a public key, expected the secret one',
        'open.key': 'open.key: others may read it (mode 644), expected mode 600: chmod 600 open.key',
      })) {
        if (key === 'open.key' && process.platform === 'win32') continue
        const { status, stdout, lines } = bpd(...words, '--sign-key', key)
        expect({ status, stdout, count: lines.length }).toEqual({ status: 2, stdout: '', count: 1 })
        expect(lines[0]).toContain(`bpd: ${why}`)
      }
      const alone = bpd(...words, '--counter', '3')
      expect(alone).toMatchObject({ status: 2, lines: ['bpd: --counter: of a signature, expected --sign-key with it'] })
    },
    120_000,
  )
})

describe('bpd export', () => {
  const exported = (file: string, form: string, out: string, ...words: string[]) => {
    expect(bpd('export', file, '--form', form, '--out', out, ...words)).toMatchObject({ status: 0, stderr: '' })
    return readFileSync(at(out))
  }
  const signed = ['--sign-key', 'robot.key', '--counter', '12']

  it('signs the form that a board takes, as bpd sign does, and takes a signature off', () => {
    const bytes = exported('policy.bpd', 'bpd', 'exported.bpd', ...signed)
    expect(verifyPolicy(bytes, keyIn('robot.pub'))).toMatchObject({ counter: 12 })
    expect(exported('exported.bpd', 'bpd', 'again.bpd')).toEqual(readFileSync(at('policy.bpd')))
  })

  it('writes of a signed policy what it writes of the same one unsigned', () => {
    exported('policy.bpd', 'bpd', 'signed-12.bpd', ...signed)
    for (const form of ['c', 'wasm', 'onnx'])
      expect(exported('signed-12.bpd', form, `signed/x.${form}`)).toEqual(exported('policy.bpd', form, `x.${form}`))
  })

  it.each(['wasm', 'c', 'package', 'onnx'])('has no place for a signature in %s, and says so', (form) => {
    const { status, lines } = bpd('export', 'policy.bpd', '--form', form, '--out', 'y', ...signed)
    expect({ status, lines }).toEqual({
      status: 2,
      lines: [`bpd: --sign-key: form ${form} has no place for a signature, expected --form bpd`],
    })
  })
})

describe('bpd inspect', () => {
  it('says by which key a policy is signed, and verifies it where one is named', () => {
    writeFileSync(at('one.bpd'), signPolicy(readFileSync(at('policy.bpd')), keyIn('robot.key'), 1))
    const { id } = keyIn('robot.pub')
    expect(bpd('inspect', 'one.bpd').stdout).toContain(`signed       by key ${id}, counter 1, not verified: --key does`)
    const { stdout } = bpd('inspect', 'one.bpd', '--key', 'robot.pub', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ signature: { keyId: id, counter: 1, verified: true } })
    expect(bpd('inspect', 'policy.bpd').stdout).not.toContain('signed')
    expect(bpd('inspect', 'policy.bpd').stdout).toContain('signature    none')
    expect(JSON.parse(bpd('inspect', 'policy.bpd', '--json').stdout).signature).toBeNull()
    const altered = readFileSync(at('one.bpd'))
    altered[12] = 9
    writeFileSync(at('altered.bpd'), altered)
    for (const [file, why] of Object.entries({
      'policy.bpd': 'not signed',
      'altered.bpd': 'its signature is not that of',
    }))
      expect(bpd('inspect', file, '--key', 'robot.pub')).toMatchObject({
        status: 2,
        stderr: expect.stringContaining(why),
      })
  })
})

describe('bpd boards --lock', () => {
  const board = ['--port', 'in-process-signed', '--state', 'board.flash']

  it('locks a board whose policy the key has signed: it takes no other then, and says so', () => {
    const flash = (...words: string[]) => bpd('flash', ...words, ...board)
    expect(flash('policy.bpd', '--sign-key', 'robot.key').stdout).toContain('its policy is signed')
    const { id } = keyIn('robot.pub')
    const { stdout } = bpd('boards', ...board, '--lock', 'robot.pub')
    expect(stdout).toMatch(new RegExp(`lock     key ${id}, no counter below \\d{10}`))
    expect(stdout).toContain('signed   locked to a key')
    expect(flash('policy.bpd')).toMatchObject({ status: 2, stderr: expect.stringContaining('policy.bpd: not signed') })
    writeFileSync(at('old.bpd'), signPolicy(readFileSync(at('policy.bpd')), keyIn('robot.key'), 5))
    expect(flash('old.bpd')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('an older policy than it has'),
    })
  }, 120_000)

  it('is refused by a board whose firmware knows no signatures, and so is a signed policy', () => {
    const plain = ['--port', 'in-process']
    const said = bpd('boards', ...plain, '--lock', 'robot.pub')
    expect(said).toMatchObject({ status: 2, stderr: expect.stringContaining('knows no signatures') })
    const flashed = bpd('flash', 'policy.bpd', '--sign-key', 'robot.key', ...plain)
    expect(flashed).toMatchObject({ status: 2, stderr: expect.stringContaining('knows no signatures') })
    writeFileSync(at('own.bpd'), signPolicy(readFileSync(at('policy.bpd')), keyIn('robot.key'), 1))
    expect(bpd('flash', 'own.bpd', ...plain).lines.at(-1)).toBe(
      'bpd: own.bpd: signed, but the firmware of in-process knows no signatures, expected one that does, ' +
        'or the policy unsigned ("bpd export own.bpd --form bpd" takes the signature off)',
    )
  }, 120_000)
})
