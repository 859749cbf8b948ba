// Where the browser begins.
import { mount } from 'svelte';
import './app.css';
import App from './screens/App.svelte';

const target = document.getElementById('app');
if (target) mount(App, { target });

// The app opens without a network. Only the built app: while developing, every file shall come from the disk.
if (import.meta.env.PROD && 'serviceWorker' in navigator) void navigator.serviceWorker.register('/worker.js');
