// A page for building screens without a server: `npm run dev`, then /dev/?screen=centre. It is no part of the build.
import { mount } from 'svelte';
import '../src/app.css';
import Dev from './Dev.svelte';

const target = document.getElementById('app');
if (target) mount(Dev, { target });
