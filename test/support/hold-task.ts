/** Prepares a simulator, prints the pid of its process and stays. */
import { execFileSync } from 'node:child_process'
import { prepareTask } from '../../trainer/tasks/registry.ts'

await prepareTask(process.argv[2])
const children = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', `${process.pid}`], { encoding: 'utf8' })
console.log(
  children
    .split('\n')
    .find((line) => line.includes('simulator.mjs'))!
    .trim()
    .split(' ')[0],
)
setInterval(() => {}, 1000)
