/** What every verb that writes has: results that are there are replaced only if that is asked for. */
import { Option } from 'commander'

export interface OutputOptions {
  force: boolean
}

export const forceOption = () => new Option('--force', 'replace results that are there already').default(false)
