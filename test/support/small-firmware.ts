/** What vitest.small.config.ts puts in place of the module that boards have: the smallest one. */
export { smallModule as kernelModule } from '../../runtime-as/kernel/small-module.ts'
