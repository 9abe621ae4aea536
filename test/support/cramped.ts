/** Places that cannot take what is written: a full disk, one that cannot be written at all, a limit on the size of files. */
import { spawnSync } from 'node:child_process'

/** Runs a shell script in a mount namespace of its own, where it may mount; stdout, stderr and status. */
const inNamespace = (script: string) => spawnSync('unshare', ['-rm', 'bash', '-ec', script], { encoding: 'utf8' })

export const canMount = process.platform === 'linux' && inNamespace('mount -t tmpfs none /mnt').status === 0

/** Runs Node with a folder that holds so many bytes ('32k'); `after` happens to it before. */
export const onSmallDisk = (folder: string, size: string, words: readonly string[], after = 'true') =>
  inNamespace(`mount -t tmpfs -o size=${size} none '${folder}'\n${after}\n${quoted(words)}`)

/** Runs Node with no file allowed beyond `kilobytes`: writing fails in the middle, as on a full disk. */
export const withFileLimit = (kilobytes: number, words: readonly string[]) =>
  spawnSync('bash', ['-ec', `ulimit -f ${kilobytes}\n${quoted(words)}`], { encoding: 'utf8' })

const quoted = (words: readonly string[]) =>
  [process.execPath, ...words].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
