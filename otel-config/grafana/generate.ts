/** `npm run dashboard`: writes the dashboard that Grafana is given. */
import { writeFileSync } from 'node:fs';
import { dashboardJson } from './dashboard.ts';

writeFileSync(new URL('dashboards/tcpaccept.json', import.meta.url), dashboardJson());
