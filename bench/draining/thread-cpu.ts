import { readdirSync, readFileSync } from 'node:fs';

/** Milliseconds of CPU that the threads a process has now have had, to the nanosecond (schedstat, proc_pid_task(5)). */
export function threadCpuMillis(pid: number): number {
  const task = `/proc/${pid}/task`;
  const onCpuNs = (tid: string) => Number(readFileSync(`${task}/${tid}/schedstat`, 'utf8').split(' ')[0]);
  return readdirSync(task).reduce((sum, tid) => sum + onCpuNs(tid), 0) / 1e6;
}
