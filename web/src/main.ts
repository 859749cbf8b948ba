// Where the browser begins.
import { mount } from 'svelte';
import './app.css';
import App from './screens/App.svelte';

const target = document.getElementById('app');
if (target) mount(App, { target });
