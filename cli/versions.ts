/** What a result was made with. */
import manifest from '../package.json' with { type: 'json' }
import { cpuFeatures } from '../trainer/kernels/kernels.ts'

export const versions = () => ({ bpd: manifest.version, node: process.versions.node })

/** `fusedMultiplyAdd`: whether this CPU rounds a multiply-add once, on which the last bits of a run without --portable depend. */
export const machine = () => ({
  platform: `${process.platform}-${process.arch}`,
  fusedMultiplyAdd: cpuFeatures().fused,
})
